import msgspec
import pytest

pytest.importorskip("sb3_contrib")
pytest.importorskip("torch_geometric")
import torch
from sb3_contrib.ppo_mask import MultiInputPolicy as MaskablePolicy
from sb3_toys import batch, boards, shape, sizes
from stable_baselines3.common.torch_layers import CombinedExtractor
from stable_baselines3.ppo import MultiInputPolicy as PlainPolicy

from hopgym.agents.sb3.extractor import SubgraphExtractor
from hopgym.agents.sb3.shape import Shape


@pytest.mark.parametrize("head", ["pointer", "stock"])
@pytest.mark.parametrize("algorithm", ["maskable_ppo", "ppo"])
@pytest.mark.parametrize("mode", ["sequential", "one_shot"])
def test_every_shape_makes_a_policy_that_acts(head, algorithm, mode):
    made = shape(head=head, algorithm=algorithm, mode=mode)
    policy = made.make(sizes())
    seen = batch(boards(2, mode=mode)[0])
    actions, values, log_probs = policy(seen)
    assert actions.shape == ((2,) if mode == "sequential" else (2, 14))
    assert values.shape == (2, 1) and log_probs.isfinite().all()
    assert isinstance(policy, MaskablePolicy if made.masked else PlainPolicy)


def test_the_stock_head_is_sb3s_own_with_nothing_changed():
    assert shape(head="stock").policy is MaskablePolicy
    assert shape(head="stock", algorithm="ppo").policy is PlainPolicy
    assert shape(head="stock").policy_kwargs == {}
    assert isinstance(shape(head="stock").make(sizes()).features_extractor, CombinedExtractor)
    assert isinstance(shape().make(sizes()).features_extractor, SubgraphExtractor)


def test_making_one_draws_no_global_random_numbers():
    before = torch.get_rng_state()
    shape().make(sizes())
    assert torch.equal(before, torch.get_rng_state())


def test_it_is_plain_json():
    assert msgspec.json.decode(shape().to_json(), type=Shape) == shape()
