import subprocess
import sys

import gymnasium
import pytest

from hopgym.envs.registration import ENVS, register_all


def run(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize("env_id", sorted(ENVS))
def test_make_works_without_importing_hopgym_first(env_id):
    code = f"import gymnasium; print(gymnasium.make('hopgym:{env_id}', questions='world?entities=300').spec.id)"
    assert run(code) == env_id


@pytest.mark.parametrize("env_id", sorted(ENVS))
def test_make_works_after_importing_hopgym(env_id):
    code = f"import gymnasium, hopgym; print(gymnasium.make('{env_id}', questions='world?entities=300').reset(seed=1)[1]['step'])"
    assert run(code) == "0"


def test_registering_twice_is_harmless(recwarn):
    before = dict(gymnasium.registry)
    register_all()
    assert before == gymnasium.registry and not recwarn.list
