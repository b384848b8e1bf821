import pytest
from tiny_llms import needs_llms

needs_llms()
import torch  # noqa: E402
from hybrid_llms import generator_lm  # noqa: E402

from hopgym.agents.drag.activations import measure  # noqa: E402


@pytest.mark.parametrize("family", ["qwen2", "nemotron_h"])
def test_what_a_forward_pass_keeps_is_what_autograd_really_saves(family):
    """Measured without memory against the same model with memory, its scores apart."""
    options = {"pattern": "M*-M"} if family == "nemotron_h" else {}
    model, length = generator_lm(family, **options), 40
    seen, own = {}, {w.untyped_storage().data_ptr() for w in model.parameters()}

    def add(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own and tuple(tensor.shape[-2:]) != (length, length):
            seen[storage.data_ptr()] = storage
        return tensor

    words = torch.zeros(1, length, 32, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(add, lambda tensor: tensor):
        model.train()(inputs_embeds=words, use_cache=False)
    real = sum(storage.nbytes() for storage in seen.values())
    planned, _ = measure(model.to("meta"), length, dtype=torch.float32)
    assert planned == pytest.approx(real, rel=0.15)


def test_with_checkpointing_blocks_keep_their_inputs_and_the_largest_is_computed_again():
    few, many = (
        measure(generator_lm("nemotron_h", pattern="M*" * n).to("meta"), 40, dtype=torch.float32)
        for n in (1, 4)
    )
    inputs = 6 * 40 * 32 * 4  # of six blocks more
    assert many[1] - few[1] == inputs
    assert many[0] - few[0] > 3 * inputs
    assert few[1] <= few[0]


def test_longer_texts_keep_more_in_proportion():
    one, two = (
        measure(generator_lm("qwen2").to("meta"), n, dtype=torch.float32)[0] for n in (256, 512)
    )
    assert two == pytest.approx(2 * one, rel=0.02)
