import gymnasium
import numpy as np
import pytest

pytest.importorskip("stable_baselines3")
from sb3_toys import WORLD, ToyBoards
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv

from hopgym.agents.sb3.vec_env import NativeVecEnv, check_spaces, make_vec_env
from hopgym.errors import ConfigError

ENV = "hopgym/KGSubgraph-v0"
KEYWORDS = {"questions": WORLD, "observation": "padded", "top_k": 16, "max_steps": 3}


def alike(left, right):
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name])


@pytest.mark.parametrize("mode", ["sequential", "one_shot"])
def test_it_plays_the_episodes_of_sb3s_own_over_single_environments(mode):
    keywords = {**KEYWORDS, "mode": mode}
    native = make_vec_env(ENV, keywords, 3)
    single = DummyVecEnv([lambda: gymnasium.make(ENV, **keywords)] * 3)
    assert isinstance(native, NativeVecEnv)
    assert native.observation_space == single.observation_space
    for env in (native, single):
        env.seed(7)
    alike(native.reset(), single.reset())
    rng, ends, cuts = np.random.default_rng(0), 0, 0
    for _ in range(12):
        masks = [np.stack(env.env_method("action_masks")) for env in (native, single)]
        np.testing.assert_array_equal(*masks)
        allowed = masks[0] if mode == "sequential" else masks[0][:, 1::2]
        actions = np.array([rng.choice(np.flatnonzero(row)) for row in allowed])
        if mode == "one_shot":
            actions = np.eye(16, dtype=np.int8)[actions]
        (seen, paid, done, told), (seen2, paid2, done2, told2) = (
            env.step(actions) for env in (native, single)
        )
        alike(seen, seen2)
        np.testing.assert_allclose(paid, paid2)
        np.testing.assert_array_equal(done, done2)
        for lane in np.flatnonzero(done):
            alike(told[lane]["terminal_observation"], told2[lane]["terminal_observation"])
            assert told[lane]["TimeLimit.truncated"] == told2[lane]["TimeLimit.truncated"]
            ends, cuts = ends + 1, cuts + told[lane]["TimeLimit.truncated"]
    assert ends and (cuts or mode == "one_shot")
    for env in (native, single):
        env.close()


def test_an_episodes_return_and_length_are_told_at_its_end():
    env = NativeVecEnv(ToyBoards(2))
    env.reset()
    paid = sum(env.step(np.array([slot, 14]))[1] for slot in (0, 1))
    _, last, done, infos = env.step(np.array([14, 0]))
    assert done.tolist() == [True, False] and infos[1] == {}
    assert infos[0]["episode"]["l"] == 3 and not infos[0]["TimeLimit.truncated"]
    assert infos[0]["episode"]["r"] == pytest.approx(paid[0] + last[0])


def test_seeds_serve_one_reset():
    env = NativeVecEnv(ToyBoards(2))
    env.seed(3)
    first = env.reset()
    second = env.reset()
    env.seed(3)
    alike(first, env.reset())
    assert not np.array_equal(first["question"], second["question"])


def test_lanes_are_asked_and_told_together():
    env = NativeVecEnv(ToyBoards(3))
    env.reset()
    assert len(env.env_method("action_masks", indices=[0, 2])) == 2
    assert env.get_attr("num_envs", 0) == [3] and env.env_is_wrapped(object) == [False] * 3
    env.set_attr("mark", 1)
    assert env.env.mark == 1 and not env.has_attr("nothing_such")


def test_zeros_and_ones_may_be_floats():
    env = make_vec_env(ENV, {**KEYWORDS, "mode": "one_shot"}, 2)
    env.reset()
    assert env.step(np.zeros((2, 16), np.float32))[2].all()


def test_sb3s_own_ppo_learns_at_once_over_its_own_vec_env():
    keywords = {**KEYWORDS, "mode": "one_shot"}
    envs = DummyVecEnv([lambda: gymnasium.make(ENV, **keywords)] * 2)  # gets float32 actions
    learner = PPO("MultiInputPolicy", envs, n_steps=4, batch_size=8, n_epochs=1, seed=0)
    learner.learn(16)
    assert learner.num_timesteps == 16
    envs.close()


def test_other_modes_and_forms_are_refused():
    vector = gymnasium.make_vec(ENV, num_envs=2, **KEYWORDS)
    with pytest.raises(ConfigError, match="Make it with autoreset_mode='SameStep'"):
        NativeVecEnv(vector)
    for form, kind in (("graph", "Dict"), ("text", "Text")):
        with pytest.raises(ConfigError, match=f"observation='padded'. It has .*{kind}"):
            make_vec_env(ENV, {**KEYWORDS, "observation": form}, 2)
    box = gymnasium.spaces.Box(0, 1)
    with pytest.raises(ConfigError, match="It has Box observations and Box actions"):
        check_spaces(box, box)
