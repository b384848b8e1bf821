import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hopgym.agents.ppo.objective import kl_k3, policy_loss, value_loss  # noqa: E402


def test_the_clipped_loss_is_that_of_a_case_worked_by_hand():
    ratios = torch.tensor([1.0, 1.5, 1.5, 0.5, 0.5])
    advantages = torch.tensor([2.0, 1.0, -1.0, 1.0, -1.0])
    old = torch.full((5,), -1.0)
    logprobs = (old + ratios.log()).requires_grad_()
    found = policy_loss(logprobs, old, advantages, 0.2, 0.3)
    # min(r A, clip(r, .8, 1.3) A): 2; 1.3; -1.5; .5; -.8
    torch.testing.assert_close(found.losses, torch.tensor([-2.0, -1.3, 1.5, -0.5, 0.8]))
    assert found.clipped.tolist() == [False, True, False, False, True]
    found.losses.sum().backward()
    torch.testing.assert_close(logprobs.grad, torch.tensor([-2.0, 0.0, 1.5, -0.5, 0.0]))


def test_values_that_moved_too_far_cost_the_worse_of_two_errors():
    values = torch.tensor([1.0, 0.5, 2.0], requires_grad=True)
    old, returns = torch.tensor([0.0, 0.4, 1.9]), torch.tensor([1.0, 1.0, 0.0])
    found = value_loss(values, old, returns, 0.2)
    # 1.0 is right, and still pays for (0.2 - 1)^2
    torch.testing.assert_close(found.losses, torch.tensor([0.32, 0.125, 2.0]))
    assert found.clipped.tolist() == [True, False, False]
    found.losses.sum().backward()
    torch.testing.assert_close(values.grad, torch.tensor([0.0, -0.5, 2.0]))
    free = value_loss(values, old, returns, 0.0)
    torch.testing.assert_close(free.losses, torch.tensor([0.0, 0.125, 2.0]))


def test_the_divergence_is_estimated_without_bias_and_never_below_nothing():
    torch.manual_seed(0)
    policy, other = torch.randn(2, 6).log_softmax(-1)
    exact = float((policy.exp() * (policy - other)).sum())
    drawn = torch.multinomial(policy.exp(), 200_000, replacement=True)
    estimates = kl_k3(policy[drawn], other[drawn])
    assert float(estimates.min()) >= 0
    assert np.isclose(float(estimates.mean()), exact, rtol=0.03)
