import copy

import numpy as np
import pytest
from ppo_samples import sample, samples
from tiny_llms import causal_lm, needs_llms

from hopgym.errors import AgentError

needs_llms()
import torch  # noqa: E402

from hopgym.agents.ppo.actor import Actor, split  # noqa: E402
from hopgym.agents.ppo.learner import Learner, parts  # noqa: E402
from hopgym.agents.ppo.settings import LearnSettings  # noqa: E402

VOCABULARY = 300


def played(actor, count=8, seed=0):
    """Samples as the actor itself would have played them."""
    several = samples(np.random.default_rng(seed), VOCABULARY, count)
    with torch.no_grad():
        for one, logprobs in split(several, actor.read(several).logprobs):
            one.logprobs = logprobs
    return several


def learner(updates=4, actor=None, **changes):
    given = {"lr": 1e-3, "value_lr": 1e-3, "kl_coef": 0.0, "precision": "float32"}
    settings = LearnSettings(**{**given, **changes})
    actor = actor or Actor(causal_lm(spread=1.0), values=settings.algorithm == "ppo")
    return Learner(actor, settings, updates)


def weights(learner):
    return torch.cat([w.detach().flatten() for w in learner.actor.parameters()])


def test_eight_rows_at_once_are_eight_times_one():
    moved = []
    for tokens in (100_000, 1):
        one = learner(batch_tokens=tokens, epochs=1, minibatches=1)
        figures = one.learn(played(one.actor), 0)
        moved.append((weights(one), figures))
    torch.testing.assert_close(moved[0][0], moved[1][0], atol=1e-5, rtol=1e-4)
    for name, value in moved[0][1].items():
        assert moved[1][1][name] == pytest.approx(value, abs=1e-4), name


def test_the_first_step_is_the_policy_gradient():
    one = learner(algorithm="reinforce++", epochs=1, minibatches=1, max_grad_norm=0.0)
    several = played(one.actor)
    plain = copy.deepcopy(one.actor.model)
    before = {n: w.detach().clone() for n, w in plain.named_parameters()}
    figures = one.learn(several, 0)
    advantages = torch.tensor(np.concatenate([s.advantages for s in several]))
    logprobs = Actor(plain, values=False).read(several).logprobs
    (-(logprobs * advantages).mean()).backward()
    torch.optim.AdamW(plain.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.0).step()
    for name, weight in one.actor.model.named_parameters():
        expected = dict(plain.named_parameters())[name]
        # Adam's first step is the gradient's sign: where it is nearly nothing, either will do.
        close = torch.isclose(weight, expected, atol=1e-5)
        assert close.float().mean() > 0.99, name
        assert not torch.equal(weight, before[name])
    assert figures["clip_fraction"] == 0
    assert figures["policy_kl"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("algorithm", ["ppo", "reinforce++", "rloo"])
def test_what_is_paid_becomes_likelier(algorithm):
    """A bandit: the first action is paid where it is an even token."""
    one = learner(updates=30, algorithm=algorithm, lr=3e-3, epochs=2, minibatches=2)
    rng = np.random.default_rng(0)
    shares = []
    for update in range(30):
        several = [sample([0.0], [True]) for _ in range(32)]
        with torch.no_grad():
            logits = one.actor.model(input_ids=torch.tensor([[5, 6, 7]])).logits[0, -1]
        chances = logits.softmax(-1).double().numpy()
        for row in several:
            token = int(rng.choice(len(chances), p=chances / chances.sum()))
            row.ids = [5, 6, 7, token]
            row.places = np.array([3])
            row.rewards = np.array([float(token % 2 == 0)])
            row.logprobs = np.log(chances[[token]])
        one.learn(several, update)
        shares.append(chances[::2].sum())
    assert shares[0] < 0.65
    assert shares[-1] > 0.9


@pytest.mark.slow
def test_values_learn_what_is_paid():
    one = learner(updates=60, value_lr=1e-2, value_warmup=60, epochs=4)
    before = weights(one)
    several = played(one.actor)
    errors = [one.learn(several, update)["value_error"] for update in range(60)]
    assert errors[0] == pytest.approx(1.0)
    assert errors[-1] < 0.4
    torch.testing.assert_close(weights(one), before)  # the warm-up trains the head alone


def test_a_policy_stays_near_its_reference_where_that_is_asked_for():
    distances = []
    for coefficient in (0.0, 5.0):
        actor = Actor(causal_lm(spread=1.0), reference="copy")
        one = learner(updates=8, actor=actor, kl_coef=coefficient, lr=2e-3)
        for update in range(8):
            figures = one.learn(played(actor, 16, seed=update), update)
        distances.append(figures["kl"])
    assert distances[1] < distances[0]


def test_figures_are_told():
    figures = learner().learn(played(learner().actor), 0)
    assert set(figures) == {
        "loss", "policy_loss", "value_loss", "policy_kl", "entropy", "clip_fraction", "grad_norm",
        "value_error", "lr",
    }  # fmt: skip


def test_old_log_probabilities_may_be_read_anew():
    one = learner(reread=True, epochs=1, minibatches=1)
    several = played(one.actor)
    for each in several:
        each.logprobs = each.logprobs - 5.0
    assert one.learn(several, 0)["policy_kl"] == pytest.approx(0, abs=1e-6)


def test_without_episodes_nothing_is_learnt():
    with pytest.raises(AgentError, match="nothing to learn"):
        learner().learn([], 0)


def test_parts_fit_the_memory_and_lose_nothing():
    several = samples(np.random.default_rng(2), VOCABULARY, 30, turns=4)
    cut = parts(several, 200)
    assert sorted(id(one) for part in cut for one in part) == sorted(map(id, several))
    for part in cut:
        longest = max(len(one.ids) for one in part)
        assert longest * len(part) <= 200 or len(part) == 1
