import pytest

pytest.importorskip("verifiers")

import verifiers.v1 as vf

from hopgym.agents.verifiers import HopgymEnv, HopgymHarness, HopgymTaskset
from hopgym.agents.verifiers.loading import PLUGIN, as_plugin, load_environment

WORLD = "world?entities=300&hops=1-2&train=4&dev=2&test=6"


def test_verifiers_finds_the_parts_by_name():
    assert as_plugin() == PLUGIN
    from verifiers.v1.utils import loaders

    assert loaders.taskset_class(PLUGIN) is HopgymTaskset
    assert loaders.harness_class(PLUGIN) is HopgymHarness
    assert loaders.environment_class(PLUGIN) is HopgymEnv


def test_a_seat_takes_verifiers_own_fields():
    env = load_environment(questions=WORLD, agent={"max_turns": 2})
    assert isinstance(env, HopgymEnv) and env.config.agent.max_turns == 2
    assert isinstance(env.config.agent.runtime, vf.SubprocessConfig)
