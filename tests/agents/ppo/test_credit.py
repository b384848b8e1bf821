import numpy as np
import pytest
from ppo_samples import sample

from hopgym.agents.ppo.credit import Discount, credit, gae
from hopgym.errors import ConfigError

ONE = Discount()


def two_turns(**changes):
    """Two turns of two actions; each turn is paid at its last."""
    given = {"rewards": [0, 1, 0, 2], "ends": [False, True, False, True]}
    return sample(**{**given, **changes})


def test_gae_is_that_of_a_case_worked_by_hand():
    # gamma .9, lambda .5: surprises -> 0+.9*.4-.5=-.14; 1+.9*.3-.4=.87; 0+.9*.2-.3=-.12; 2-.2=1.8
    # from the end: 1.8; -.12+.45*1.8=.69; .87+.45*.69=1.1805; -.14+.45*1.1805=.391225
    advantages = gae(
        np.array([0.0, 1, 0, 2]), np.array([0.5, 0.4, 0.3, 0.2]), np.full(4, 0.9), np.full(4, 0.5)
    )
    np.testing.assert_allclose(advantages, [0.391225, 1.1805, 0.69, 1.8])


def test_with_lambda_one_the_return_is_all_that_was_paid_after():
    one = two_turns(values=[5.0, -1, 3, 0.5])
    credit([one], "ppo", ONE, normalise=False)
    np.testing.assert_allclose(one.returns, [3, 3, 2, 2])
    np.testing.assert_allclose(one.advantages, [-2, 4, -1, 1.5])


def test_discounts_within_a_turn_and_between_turns_are_apart():
    one = two_turns(values=np.zeros(4))
    credit([one], "ppo", Discount(gamma=0.5, step_gamma=0.1), normalise=False)
    np.testing.assert_allclose(one.advantages, [0.5 * 1.1, 1.0 + 0.1 * 1.0, 0.5 * 2.0, 2.0])


def test_without_credit_between_turns_each_turn_is_its_own_sample():
    values = [0.5, 0.4, 0.3, 0.2]
    whole, first, second = (
        two_turns(values=values),
        sample(rewards=[0, 1], ends=[False, True], values=values[:2]),
        sample(rewards=[0, 2], ends=[False, True], values=values[2:]),
    )
    alone = Discount(step_gamma=0.0, lam=0.7)
    credit([whole, first, second], "ppo", alone, normalise=False)
    np.testing.assert_allclose(
        whole.advantages, np.concatenate([first.advantages, second.advantages])
    )


def test_the_penalty_is_paid_where_a_token_leaves_the_reference():
    one = sample(rewards=[0, 1], ends=[False, True], values=[0.0, 0.0])
    one.logprobs, one.reference = np.array([-0.1, -0.2]), np.array([-0.6, -0.1])
    credit([one], "ppo", ONE, kl_coef=0.2, normalise=False)
    np.testing.assert_allclose(one.returns, [-0.2 * 0.5 + 1 + 0.2 * 0.1, 1 + 0.2 * 0.1])


def test_what_was_paid_to_turns_that_are_not_learnt_is_credited_to_the_last_action():
    one = sample(rewards=[0, 1], ends=[False, True], values=[0.0, 0.0], lost=2.0)
    credit([one], "ppo", ONE, normalise=False)
    np.testing.assert_allclose(one.returns, [3, 3])


def test_advantages_are_normalised_over_all_actions_of_all_episodes():
    samples = [two_turns(values=np.zeros(4)), sample(rewards=[7.0], ends=[True], values=[0.0])]
    credit(samples, "ppo", ONE)
    everything = np.concatenate([each.advantages for each in samples])
    assert everything.mean() == pytest.approx(0, abs=1e-9)
    assert everything.std() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(samples[1].returns, [7.0])  # values learn what was really paid


def test_reinforce_compares_with_the_batch():
    samples = [sample(rewards=[0, 1], ends=[False, True]), sample(rewards=[3.0], ends=[True])]
    credit(samples, "reinforce++", ONE, normalise=False)
    found = np.concatenate([each.advantages for each in samples])
    expected = np.array([1.0, 1, 3])
    np.testing.assert_allclose(found, (expected - expected.mean()) / expected.std(), atol=1e-6)


def test_rloo_compares_with_the_other_samples_of_the_question():
    paid = [1.0, 0.0, 2.0]
    samples = [sample(rewards=[0, r], ends=[False, True], group="a") for r in paid]
    alone = sample(rewards=[5.0], ends=[True], group="b")
    credit([*samples, alone], "rloo", ONE)
    for one, expected in zip(samples, [1 - 1.0, 0 - 1.5, 2 - 0.5], strict=True):
        np.testing.assert_allclose(one.advantages, [expected, expected])
    np.testing.assert_allclose(alone.advantages, [0.0])


def test_rloo_needs_two_samples_of_a_question():
    with pytest.raises(ConfigError, match=r"no question has two.*num_samples=2"):
        credit([sample(rewards=[1.0], ends=[True], group=g) for g in "ab"], "rloo", ONE)


@pytest.mark.parametrize("name", ["gamma", "lam", "step_gamma", "step_lam"])
def test_discounts_are_shares(name):
    with pytest.raises(ConfigError, match=f"{name}.*1.5"):
        Discount(**{name: 1.5})
