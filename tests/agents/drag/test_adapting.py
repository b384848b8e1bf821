import pytest
from tiny_llms import needs_llms

needs_llms()
pytest.importorskip("peft")
import torch  # noqa: E402
from hybrid_llms import generator_lm, save_generator  # noqa: E402

from hopgym.agents.drag.adapting import Lora, adapt, checkpoint, load_base  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402


def adapted(family, **options):
    model = generator_lm(family).requires_grad_(False)
    return adapt(model, Lora(lora_r=4, **options.pop("lora", {})), base="base", **options)


@pytest.mark.parametrize("family", ["qwen2", "nemotron_h", "bamba"])
def test_every_kind_of_layer_gets_an_adapter_and_only_adapters_are_trained(family):
    model = adapted(family)
    trained = [name for name, weights in model.named_parameters() if weights.requires_grad]
    assert trained
    assert all(".lora_" in name for name in trained)
    layers = {name.split(".layers.")[1].split(".")[0] for name in trained}
    assert len(layers) == len(model.get_base_model().model.layers)


def test_first_weights_follow_the_seed_and_leave_torch_s_alone():
    before = torch.random.get_rng_state()
    one, same, other = (
        next(w for n, w in adapted("qwen2", seed=seed).named_parameters() if "lora_A" in n)
        for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(before, torch.random.get_rng_state())


def test_routed_experts_get_adapters_where_they_are_asked_for():
    model = adapted("nemotron_h", experts=True)
    names = [n for n, w in model.named_parameters() if w.requires_grad and ".experts." in n]
    assert names
    ids = torch.arange(3, 40)[None]
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "lora_B" in name:
                weights.normal_(generator=torch.Generator().manual_seed(1))
    model(ids).logits.square().mean().backward()
    parameters = dict(model.named_parameters())
    assert all(parameters[name].grad.abs().sum() > 0 for name in names)
    with pytest.raises(ConfigError, match="Qwen2ForCausalLM has no routed experts"):
        adapted("qwen2", experts=True)


def test_checkpointing_changes_no_gradient():
    gradients = []
    for on in (False, True):
        model = generator_lm("nemotron_h")
        if on:
            checkpoint(model)
        words = model.get_input_embeddings()(torch.arange(3, 40)[None]).detach().requires_grad_()
        model.train()(inputs_embeds=words, use_cache=False).logits.square().mean().backward()
        gradients.append(words.grad)
    assert torch.allclose(*gradients, rtol=1e-4, atol=1e-6)
    model.supports_gradient_checkpointing = False
    with pytest.raises(ConfigError, match="NemotronHForCausalLM has no gradient checkpointing"):
        checkpoint(model)


def test_a_base_is_loaded_with_its_tokenizer(tmp_path):
    folder = save_generator(tmp_path / "base", "nemotron_h")
    model, tokenizer = load_base(folder, dtype="bfloat16", device="cpu")
    assert next(model.parameters()).dtype == torch.bfloat16
    assert tokenizer.eos_token == "<|im_end|>"
