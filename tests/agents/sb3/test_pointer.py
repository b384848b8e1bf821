import numpy as np
import pytest

pytest.importorskip("sb3_contrib")
pytest.importorskip("torch_geometric")
import torch
from sb3_contrib.common.maskable.distributions import MaskableBernoulliDistribution
from sb3_toys import SLOTS, ToyBoards, batch, boards, shape, sizes

from hopgym.agents.sb3.learner import MaskablePPO
from hopgym.agents.sb3.pointer import Logits, Subsets, pointer_policy
from hopgym.agents.sb3.vec_env import NativeVecEnv

torch.set_num_threads(1)


def learnt(head, steps=8_192, **changes):
    """The mean return of the last hundred episodes."""
    made = shape(head=head, **changes)
    learner = MaskablePPO(
        made.policy, NativeVecEnv(ToyBoards(32, mode=made.mode)), n_steps=16, batch_size=128,
        n_epochs=4, learning_rate=3e-3, gamma=1.0, gae_lambda=0.8,
        ent_coef=0.005, seed=0,
        policy_kwargs=made.policy_kwargs,
    )  # fmt: skip
    learner.learn(steps)
    return np.mean([episode["r"] for episode in learner.ep_info_buffer])


@pytest.mark.slow
def test_the_pointer_learns_what_the_stock_head_does_not():
    assert learnt("pointer") > 0.6
    assert learnt("stock") < 0.35


def test_it_learns_to_select_at_once():
    assert learnt("pointer", mode="one_shot") > 0.7


@pytest.mark.parametrize("algorithm", ["maskable_ppo", "ppo"])
@pytest.mark.parametrize("mode", ["sequential", "one_shot"])
def test_the_logits_of_the_actions_are_those_of_the_extractor(algorithm, mode):
    policy = shape(algorithm=algorithm, mode=mode).make(sizes())
    seen = batch(boards(3, mode=mode)[0])
    with torch.no_grad():
        features = policy.extract_features(seen)
        dist = policy.get_distribution(seen).distribution
        value = policy.predict_values(seen)
    actions = SLOTS + (mode == "sequential")
    told = features[:, :actions]
    if mode == "sequential":
        assert torch.allclose(dist.logits, torch.log_softmax(told, dim=1), atol=1e-5)
    elif algorithm == "ppo":
        assert torch.allclose(dist.logits, told)
    else:
        assert torch.allclose(dist.logits[..., 1].exp(), torch.sigmoid(told), atol=1e-6)
    tail = features[:, SLOTS + 1 :]
    assert torch.allclose(value, torch.nn.functional.linear(tail, *policy.value_net.parameters()))


def test_the_optimizer_has_every_weight_once():
    policy = shape().make(sizes())
    held = [id(p) for group in policy.optimizer.param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in policy.parameters())
    assert len(held) == len(set(held))


def test_subsets_are_sb3s_own_but_for_the_speed():
    slots, generator = 5, torch.Generator().manual_seed(0)
    logits = torch.randn(4, 2 * slots, generator=generator)
    mask = torch.ones(4, slots, 2, dtype=torch.bool)
    mask[:, :, 1] = torch.rand(4, slots, generator=generator) > 0.4
    ours = Subsets(slots).proba_distribution(logits)
    theirs = MaskableBernoulliDistribution(slots).proba_distribution(logits)
    for each in (ours, theirs):
        each.apply_masking(mask.flatten(1).numpy())
    choice = theirs.mode()
    assert torch.equal(ours.mode(), choice)
    assert torch.allclose(ours.log_prob(choice.float()), theirs.log_prob(choice), atol=1e-6)
    assert torch.allclose(ours.entropy(), theirs.entropy(), atol=1e-6)
    drawn = ours.sample()
    assert drawn.shape == (4, slots) and not (drawn.bool() & ~mask[:, :, 1]).any()


def test_dropping_has_the_logit_0():
    features = torch.tensor([[3.0, -1.0, 9.0]])
    assert Logits(2)(features).tolist() == [[3.0, -1.0]]
    assert Logits(2, pairs=True)(features).tolist() == [[0.0, 3.0, 0.0, -1.0]]


def test_the_class_is_made_once():
    assert pointer_policy(masked=True) is pointer_policy(masked=True)
    assert pointer_policy(masked=True) is not pointer_policy(masked=False)
