import numpy as np
import pytest
from ppo_samples import samples
from tiny_llms import causal_lm, needs_llms

needs_llms()
import torch  # noqa: E402

from hopgym.agents.ppo.actor import Actor  # noqa: E402
from hopgym.agents.ppo.optimizer import Optimizer  # noqa: E402
from hopgym.agents.ppo.settings import LearnSettings  # noqa: E402


def made(updates=10, **changes):
    actor = Actor(causal_lm(spread=1.0))
    return actor, Optimizer(actor, LearnSettings(**{"lr": 1.0, **changes}), updates)


def pushed(actor, optimizer, by=1.0):
    several = samples(np.random.default_rng(0), 300, 2)
    read = actor.read(several)
    optimizer.backward(by * (read.logprobs.mean() + read.values.mean()))


def weights(actor):
    return torch.cat([w.detach().flatten() for w in actor.parameters()])


@pytest.mark.parametrize(
    ("scheduler", "expected"),
    [
        ("constant", [0.5, 1.0, 1.0, 1.0]),
        ("linear", [0.5, 1.0, 0.5, 0.125]),
        ("cosine", [0.5, 1.0, 0.5, 0.5 * (1 + np.cos(np.pi * 7 / 8))]),
    ],
)
def test_the_rate_rises_and_then_goes_as_told(scheduler, expected):
    _, optimizer = made(lr_scheduler=scheduler, warmup=2)
    assert [optimizer.rate(update) for update in (0, 2, 6, 9)] == pytest.approx(expected)


def test_gradients_are_clipped_and_their_length_told():
    actor, optimizer = made(max_grad_norm=1e-3)
    pushed(actor, optimizer)
    expected = float(torch.cat([w.grad.flatten() for w in actor.parameters()]).norm())
    assert optimizer.step(0) == pytest.approx(expected, rel=1e-5)
    assert all(w.grad is None for w in actor.parameters())


def test_a_gradient_that_is_no_number_changes_no_weight():
    actor, optimizer = made()
    before = weights(actor)
    pushed(actor, optimizer, by=float("nan"))
    assert np.isnan(optimizer.step(0))
    assert torch.equal(weights(actor), before)


def test_a_warm_up_of_the_value_head_leaves_the_model_alone():
    actor, optimizer = made(value_warmup=1)
    before, head = weights(actor), [w.detach().clone() for w in actor.head_parameters()]
    pushed(actor, optimizer)
    optimizer.step(0)
    assert torch.equal(weights(actor), before)
    assert not all(map(torch.equal, actor.head_parameters(), head))
    pushed(actor, optimizer)
    optimizer.step(1)
    assert not torch.equal(weights(actor), before)


def test_a_restored_optimizer_steps_as_the_first_would_have():
    ends = []
    for stops in (False, True):
        actor, optimizer = made(lr=1e-2)
        pushed(actor, optimizer)
        optimizer.step(0)
        if stops:
            state = optimizer.state()
            optimizer = Optimizer(actor, LearnSettings(lr=1e-2), 10)
            optimizer.restore(state)
        pushed(actor, optimizer)
        optimizer.step(1)
        ends.append(weights(actor))
    assert torch.equal(*ends)
