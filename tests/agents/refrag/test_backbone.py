"""The backbones: any order of layers decodes step by step as it reads, and is saved and trained."""

from types import SimpleNamespace

import pytest

from hopgym.agents.llm.model_facts import takes_of
from hopgym.agents.refrag.backbone import BackboneConfig, build_backbone, parse_pattern
from hopgym.errors import ConfigError

torch = pytest.importorskip("torch")
SMALL = BackboneConfig(width=32, heads=2, feed_forward=32, state=8, chunk=8)
PATTERNS = ["T,T", "M,M", "T,T,M,M", "M,T"]


class Words(SimpleNamespace):
    """What the builder asks of a tokenizer."""

    def __len__(self) -> int:
        """Return the size of the vocabulary."""
        return 50


TOKENIZER = Words(eos_token_id=1, pad_token_id=0)


@pytest.fixture(params=PATTERNS)
def model(request):
    """Return a small model of each pattern."""
    return build_backbone(request.param, TOKENIZER, SMALL, seed=3)


def drawn(*shape: int) -> torch.Tensor:
    return torch.randint(2, 50, shape, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_decoding_step_by_step_equals_reading_at_once(model) -> None:
    ids = drawn(2, 21)
    whole = model(ids).logits
    kept = takes_of(model).cache
    out = model(ids[:, :13], use_cache=True)
    steps = [out.logits]
    for place in range(13, 21):
        cache = {kept: out[kept]}
        out = model(ids[:, place : place + 1], **cache, use_cache=True)
        steps.append(out.logits)
    torch.testing.assert_close(torch.cat(steps, 1), whole, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_padding_on_the_left_changes_nothing(model) -> None:
    ids = drawn(1, 11)
    padded = torch.cat([torch.zeros(1, 5, dtype=torch.long), ids], 1)
    seen = (padded != 0).long()
    found = model(padded, attention_mask=seen).logits[:, 5:]
    torch.testing.assert_close(found, model(ids).logits, atol=1e-4, rtol=1e-4)
    asked = {"max_new_tokens": 6, "min_new_tokens": 6, "do_sample": False}
    alone = model.generate(ids, attention_mask=torch.ones_like(ids), **asked)[:, 11:]
    batch = torch.cat([padded, drawn(1, 16)])
    mask = torch.cat([seen, torch.ones(1, 16, dtype=torch.long)])
    assert model.generate(batch, attention_mask=mask, **asked)[0, 16:].tolist() == alone[0].tolist()


@torch.no_grad()
def test_it_generates_from_vectors_as_from_tokens(model) -> None:
    ids = drawn(2, 9)
    asked = {"max_new_tokens": 5, "min_new_tokens": 5, "do_sample": False}
    mask = torch.ones_like(ids)
    by_tokens = model.generate(ids, attention_mask=mask, **asked)[:, 9:]
    vectors = model.get_input_embeddings()(ids)
    assert torch.equal(
        model.generate(inputs_embeds=vectors, attention_mask=mask, **asked), by_tokens
    )


def test_it_trains_and_checkpointing_gives_the_same_gradients(model) -> None:
    ids = drawn(2, 12)

    def gradients() -> dict[str, torch.Tensor]:
        model.zero_grad()
        model.train()(ids, labels=ids).loss.backward()
        return {name: p.grad.clone() for name, p in model.named_parameters()}

    plain = gradients()
    assert all(grad.abs().sum() > 0 for grad in plain.values())
    model.activation_checkpointing_enable()
    for name, grad in gradients().items():
        torch.testing.assert_close(grad, plain[name])


@torch.no_grad()
def test_it_is_saved_and_loaded(model, tmp_path) -> None:
    transformers = pytest.importorskip("transformers")
    model.save_pretrained(tmp_path)
    again = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    ids = drawn(1, 7)
    assert torch.equal(again(ids).logits, model(ids).logits)


def test_a_seed_is_a_model_and_leaves_the_global_draw_alone() -> None:
    before = torch.random.get_rng_state()
    one, same, other = (build_backbone("M,T", TOKENIZER, SMALL, seed=s) for s in (5, 5, 6))
    assert torch.equal(torch.random.get_rng_state(), before)
    pairs = zip(one.parameters(), same.parameters(), other.parameters(), strict=True)
    triples = [(torch.equal(a, b), torch.equal(a, c)) for a, b, c in pairs]
    assert all(equal for equal, _ in triples) and not all(equal for _, equal in triples)


def test_mamba_layers_begin_with_a_long_memory_and_long_texts_fit() -> None:
    model = build_backbone("M,T", TOKENIZER, SMALL)
    steps = torch.nn.functional.softplus(model.model.layers[0].mamba.dt_bias)
    assert ((steps >= 0.9e-3) & (steps <= 1.1e-1)).all()
    assert model.config.max_position_embeddings == 16_384


@pytest.mark.parametrize("pattern", ["", "T,X", "TM", "T,,M", None])
def test_a_bad_pattern_is_told(pattern) -> None:
    with pytest.raises(ConfigError, match=r"one letter a layer, T \(attention\) or M \(Mamba-2\)"):
        parse_pattern(pattern)


def test_bad_sizes_and_tokenizers_are_told() -> None:
    with pytest.raises(ConfigError, match="width is 30 with 4 heads; it must be a multiple"):
        BackboneConfig(width=30)
    with pytest.raises(ConfigError, match="state is 0; it must be a whole number from 1"):
        BackboneConfig(state=0)
    with pytest.raises(ConfigError, match="no token for padding; set its pad_token first"):
        build_backbone("T", Words(eos_token_id=1, pad_token_id=None))
    with pytest.raises(ConfigError, match="no token for the end; set its eos_token first"):
        build_backbone("T", Words(eos_token_id=None, pad_token_id=0))
