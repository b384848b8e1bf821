import pytest
from tiny_llms import FAMILIES, causal_lm, needs_llms

needs_llms()
import torch  # noqa: E402

from hopgym.agents.ppo.likelihood import (  # noqa: E402
    ends_with_layer,
    likelihood,
    likelihood_in_chunks,
)


def drawn(actions=11, width=6, vocabulary=40):
    generator = torch.Generator().manual_seed(0)
    states = torch.randn(actions, width, generator=generator, requires_grad=True)
    layer = torch.nn.Linear(width, vocabulary, bias=False)
    layer.weight.data = torch.randn(vocabulary, width, generator=generator)
    return layer, states, torch.randint(vocabulary, (actions,), generator=generator)


def gradients(found, layer, states):
    for weights in (layer.weight, states):
        weights.grad = None
    factors = torch.arange(1.0, len(states) + 1)
    loss = (found.logprobs * factors).sum()
    if found.entropies.requires_grad:
        loss = loss + (found.entropies * factors.flip(0)).sum()
    loss.backward()
    return states.grad, layer.weight.grad


def test_they_are_those_of_the_distribution():
    logits, targets = torch.randn(5, 9, dtype=torch.float64), torch.tensor([0, 8, 3, 3, 1])
    found = likelihood(logits, targets)
    chances = torch.distributions.Categorical(logits=logits.float())
    torch.testing.assert_close(found.logprobs, chances.log_prob(targets))
    torch.testing.assert_close(found.entropies, chances.entropy())


def test_numbers_of_16_bits_are_summed_in_32():
    logits = torch.randn(3, 5_000).to(torch.bfloat16)
    found = likelihood(logits, torch.tensor([1, 2, 3]))
    expected = likelihood(logits.float(), torch.tensor([1, 2, 3]))
    assert found.logprobs.dtype == found.entropies.dtype == torch.float32
    torch.testing.assert_close(found, expected)


def test_entropies_have_gradients_only_where_they_are_asked_for():
    layer, states, targets = drawn()
    assert not likelihood(layer(states), targets).entropies.requires_grad
    assert likelihood(layer(states), targets, entropy_gradient=True).entropies.requires_grad


@pytest.mark.parametrize("entropy_gradient", [False, True])
@pytest.mark.parametrize("chunk", [1, 4, 11, 50])
def test_chunks_change_nothing(chunk, entropy_gradient):
    layer, states, targets = drawn()
    whole = likelihood(layer(states), targets, entropy_gradient=entropy_gradient)
    apart = likelihood_in_chunks(layer, states, targets, chunk, entropy_gradient=entropy_gradient)
    torch.testing.assert_close(apart, whole, atol=1e-6, rtol=1e-6)
    expected = gradients(whole, layer, states)
    torch.testing.assert_close(gradients(apart, layer, states), expected, atol=1e-5, rtol=1e-5)
    with torch.no_grad():
        torch.testing.assert_close(
            likelihood_in_chunks(layer, states, targets, chunk), whole, atol=1e-6, rtol=1e-6
        )


def test_no_more_logits_are_made_at_once_nor_kept():
    layer, states, targets = drawn()
    sizes, saved = [], []
    layer.register_forward_hook(lambda module, given, out: sizes.append(len(out)))

    def note(tensor):
        saved.append(tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        found = likelihood_in_chunks(layer, states, targets, 4)
    assert sizes == [4, 4, 3]
    assert max(saved, default=0) <= max(layer.weight.numel(), states.numel())
    found.logprobs.sum().backward()
    assert sizes == [4, 4, 3] * 2 or sizes == [4, 4, 3, 3, 4, 4]  # made again for the gradient


@pytest.mark.parametrize("family", FAMILIES)
def test_most_models_end_with_their_output_layer(family):
    model = causal_lm(family)
    assert ends_with_layer(model)
    assert not model.get_output_embeddings()._forward_hooks


def test_models_that_scale_or_cap_their_logits_do_not():
    from transformers import Gemma2Config, Gemma2ForCausalLM, GraniteConfig, GraniteForCausalLM

    sizes = {
        "vocab_size": 60, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2,
    }  # fmt: skip
    assert not ends_with_layer(Gemma2ForCausalLM(Gemma2Config(**sizes, head_dim=8)))
    assert not ends_with_layer(GraniteForCausalLM(GraniteConfig(**sizes, logits_scaling=4.0)))
