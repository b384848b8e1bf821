import pytest
from tiny_llms import needs_llms

needs_llms()
import torch  # noqa: E402

from hopgym.agents.drag.projector import Projector  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402

FACTS = torch.randn(6, 12, generator=torch.Generator().manual_seed(0))


def test_outputs_have_the_length_that_was_asked_for():
    lengths = Projector(12, 8, hidden=16, scale=0.7)(FACTS).norm(dim=-1)
    assert torch.allclose(lengths, torch.full((6,), 0.7), atol=1e-5)


def test_without_a_scale_they_are_as_the_layers_give_them():
    free, scaled = Projector(12, 8, hidden=16, scale=False), Projector(12, 8, hidden=16, scale=2.0)
    assert torch.equal(free(FACTS), free.layers(FACTS))
    assert torch.allclose(
        torch.nn.functional.normalize(free(FACTS), dim=-1) * 2.0, scaled(FACTS), atol=1e-6
    )
    first, middle, last = free.layers
    expected = last.weight @ (first.weight @ FACTS[0] + first.bias).clamp(min=0) + last.bias
    assert isinstance(middle, torch.nn.ReLU)
    assert torch.allclose(free(FACTS)[0], expected, atol=1e-6)


def test_the_gradient_reaches_the_facts_and_the_layers():
    facts, projector = FACTS.clone().requires_grad_(), Projector(12, 8, hidden=16, scale=0.7)
    projector(facts)[:, 0].sum().backward()
    assert facts.grad.abs().sum(dim=-1).min() > 0
    assert all(weights.grad is not None for weights in projector.parameters())


def test_its_weights_follow_the_seed_and_leave_torch_s_alone():
    before = torch.random.get_rng_state()
    one, same, other = (Projector(12, 8, hidden=16, seed=seed)(FACTS) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.allclose(one, other)
    assert torch.equal(before, torch.random.get_rng_state())


def test_it_says_what_is_wrong():
    with pytest.raises(ConfigError, match="hidden is 0"):
        Projector(12, 8, hidden=0)
    with pytest.raises(ConfigError, match="scale is -1"):
        Projector(12, 8, scale=-1.0)
    with pytest.raises(ConfigError, match="5 numbers wide and the projector reads 12"):
        Projector(12, 8, hidden=4)(torch.zeros(2, 5))
