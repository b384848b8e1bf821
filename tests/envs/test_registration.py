import subprocess
import sys

import gymnasium
import pytest

from hopgym.envs.registration import ENVS, find_env, register_all
from hopgym.errors import ConfigError, UnknownNameError

# What other tests register is theirs.
OURS = sorted(name for name in ENVS if name.startswith("hopgym/"))


def run(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize("env_id", OURS)
def test_make_works_without_importing_hopgym_first(env_id):
    code = f"import gymnasium; print(gymnasium.make('hopgym:{env_id}', questions='world?entities=300').spec.id)"
    assert run(code) == env_id


@pytest.mark.parametrize("env_id", OURS)
def test_make_works_after_importing_hopgym(env_id):
    code = f"import gymnasium, hopgym; print(gymnasium.make('{env_id}', questions='world?entities=300').reset(seed=1)[1]['step'])"
    assert run(code) == "0"


def test_registering_twice_is_harmless(recwarn):
    before = dict(gymnasium.registry)
    register_all()
    assert before == gymnasium.registry and not recwarn.list


def test_environments_are_found_by_id_module_and_file(tmp_path):
    assert find_env("hopgym/SearchRead-v0") == find_env("hopgym:hopgym/SearchRead-v0")
    file = tmp_path / "own.py"
    file.write_text("import gymnasium\ngymnasium.register('own/Env-v0', 'own:Env')\n")
    try:
        assert find_env(f"{file}:own/Env-v0") == "own/Env-v0"
    finally:
        gymnasium.registry.pop("own/Env-v0", None)
    with pytest.raises(UnknownNameError, match="Did you mean 'hopgym/SearchRead-v0'"):
        find_env("hopgym/SearchRaed-v0")
    with pytest.raises(ConfigError, match="No module 'nosuch'"):
        find_env("nosuch:x/Y-v0")


def test_what_people_play_is_made_of_text():
    assert ENVS["hopgym/KGSubgraph-v0"].by_hand["observation"] == "text"
    assert not ENVS["hopgym/SearchRead-v0"].by_hand
