import pickle

import numpy as np
import pytest

from hopgym.agents.engines.ray_episodes import pack, unpack
from hopgym.agents.rollout import Episode, Job, rollout
from hopgym.core import Step, Trajectory

WORLD = {"questions": "world?entities=120&train=10&dev=5&test=10", "split": "test"}
JOBS = [Job(f"world-0-test-{n}", n) for n in range(10)]
AGENTS = {
    "SearchRead": "iterative",
    "DagSearch": "planner",
    "KGSubgraph": "ppr",
    "RAG": "single_shot",
}


class Longer(Trajectory):
    """A user's own."""


def sent(episodes):
    return unpack(pickle.loads(pickle.dumps(pack(episodes))))


def same(one, other):
    """Whether two values are equal and of the same types, all the way down."""
    return type(one) is type(other) and repr(one) == repr(other)


@pytest.mark.parametrize("name", AGENTS)
def test_episodes_arrive_as_they_were(name):
    episodes = list(rollout(f"hopgym/{name}-v0", AGENTS[name], JOBS, env_kwargs=WORLD))
    assert len(episodes) == len(JOBS) and all(e.trajectory.steps for e in episodes)
    arrived = sent(episodes)
    assert all(map(same, arrived, episodes)) and arrived == episodes


def test_they_are_pickled_without_a_class_in_them():
    episodes = rollout("hopgym/SearchRead-v0", "iterative", JOBS, env_kwargs=WORLD)
    assert b"hopgym.core" not in pickle.dumps(pack(list(episodes)))


@pytest.mark.parametrize(
    "trajectory",
    [
        None,
        Trajectory("q", "mine/Env-v0"),
        Trajectory("q", "mine/Env-v0", steps=(Step(1, np.float32(2), {"at": (1, {2})}),)),
        Trajectory("q", "mine/Env-v0", steps=("a step of my own",)),
        Longer("q", "mine/Env-v0"),
        "a trajectory of my own",
    ],
)
def test_any_value_keeps_its_type(trajectory):
    episode = Episode(Job("q", 1), trajectory, 0.5, {"a": np.float64(1)}, {"em": 1}, 0.1, "lost")
    (arrived,) = sent([episode])
    assert same(arrived, episode)
