import math

import pytest
import torch

from hopgym.agents.drag.sampler import sample, select
from hopgym.errors import ConfigError

LOGITS = (-4.0, -2.0, -0.5, 0.0, 0.5, 2.0, 4.0)
N = 40_000


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("tau", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("logit", LOGITS)
def test_a_fact_is_drawn_with_its_own_probability(logit, tau):
    drawn = sample(torch.full((N,), logit), torch.arange(N), tau=tau, generator=generator())
    p = 1 / (1 + math.exp(-logit))
    assert drawn.z.mean().item() == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / N))


@pytest.mark.parametrize("logit", [-0.5, 0.0, 2.0])
def test_one_gumbel_alone_would_fail_that_test(logit):
    u = torch.rand(N, generator=generator()).clamp(min=1e-20)
    kept = (torch.sigmoid((logit - torch.log(-torch.log(u))) / 0.5) > 0.5).float().mean().item()
    p = 1 / (1 + math.exp(-logit))
    assert abs(kept - p) > 20 * math.sqrt(p * (1 - p) / N)
    assert kept == pytest.approx(1 - math.exp(-math.exp(logit)), abs=0.01)


def test_the_gradient_is_that_of_the_soft_choice_and_not_zero_where_a_fact_was_drawn():
    logits = torch.linspace(-2, 2, 40).requires_grad_()
    drawn = sample(logits, torch.zeros(40).long(), generator=generator(1))
    assert set(drawn.z.tolist()) == {0.0, 1.0} and torch.equal(drawn.z > 0.5, drawn.hard)
    weights = torch.randn(40, generator=generator(2))
    (drawn.z * weights).sum().backward()
    assert (logits.grad[drawn.hard] != 0).all()
    noise = torch.logit(torch.rand(40, generator=generator(1)))
    soft = torch.sigmoid((logits.detach() + noise) / 0.5)
    torch.testing.assert_close(logits.grad, weights * soft * (1 - soft) / 0.5)


def test_the_cap_comes_before_the_draw():
    logits = torch.tensor([0.3, 0.2, 0.1, 0.0, -0.1] * 1000)
    owners = torch.arange(1000).repeat_interleave(5)
    drawn = sample(logits, owners, cap=2, generator=generator())
    z = drawn.z.view(1000, 5)
    assert (z[:, 2:] == 0).all()
    # were it applied to what was drawn, the third would come in wherever one of the first is out
    first = torch.sigmoid(torch.tensor([0.3, 0.2]))
    torch.testing.assert_close(z[:, :2].mean(0), first, atol=0.06, rtol=0)


def test_capped_facts_get_no_gradient():
    logits = torch.tensor([3.0, 2.0, 1.0], requires_grad=True)
    drawn = sample(logits, torch.zeros(3).long(), cap=2, generator=generator())
    (drawn.z.sum() + drawn.log_prob.sum()).backward()
    assert logits.grad[2] == 0 and (logits.grad[:2] != 0).all()


def test_the_probability_of_a_draw_is_the_product_over_what_could_be_drawn():
    logits = torch.tensor([2.0, -1.0, 0.5, 4.0], requires_grad=True)
    owners = torch.tensor([0, 0, 0, 2])
    drawn = sample(logits, owners, cap=2, count=4, generator=generator(5))
    p = torch.sigmoid(logits)
    chance = torch.where(drawn.hard, p, 1 - p).log()
    expected = torch.stack([chance[0] + chance[2], p.new_zeros(()), chance[3], p.new_zeros(())])
    torch.testing.assert_close(drawn.log_prob, expected)
    drawn.log_prob[0].backward()
    torch.testing.assert_close(logits.grad[0], (drawn.z - p)[0].detach())


def test_extreme_logits_and_no_facts():
    drawn = sample(torch.tensor([1e4, -1e4]), torch.zeros(2).long(), generator=generator())
    assert drawn.z.tolist() == [1, 0] and drawn.log_prob.isfinite().all()
    nothing = sample(torch.zeros(0), torch.zeros(0).long(), count=2, generator=generator())
    assert nothing.log_prob.tolist() == [0, 0] and len(nothing.z) == 0
    assert len(select(torch.zeros(0), torch.zeros(0).long())) == 0


def test_draws_are_the_generators():
    logits, owners = torch.zeros(64), torch.zeros(64).long()
    state = torch.get_rng_state()
    first, same, other = (sample(logits, owners, generator=generator(n)) for n in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first.z, same.z) and not torch.equal(first.z, other.z)


def test_the_likeliest_are_taken_and_at_least_one():
    logits = torch.tensor([-9.0, -8.0, 3.0, 1.0, -1.0, -9.0, -7.0])
    owners = torch.tensor([0, 0, 1, 1, 1, 1, 2])
    assert select(logits, owners).tolist() == [False, True, True, True, True, False, True]
    assert select(logits, owners, top=1).sum() == 3
    assert select(logits, owners, top=2, threshold=0.5).tolist()[2:5] == [True, True, False]
    assert select(logits, owners, threshold=0.0).all()
    assert select(logits, owners, threshold=1.0).sum() == 3


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda x, o: sample(x, o, tau=0), "tau is 0"),
        (lambda x, o: sample(x, o, tau=float("nan")), "tau is nan"),
        (lambda x, o: sample(x, o, cap=0), "cap is 0"),
        (lambda x, o: select(x, o, top=0), "top is 0"),
        (lambda x, o: select(x, o, threshold=2), "threshold is 2"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, said):
    with pytest.raises(ConfigError, match=said):
        call(torch.zeros(2), torch.zeros(2).long())
