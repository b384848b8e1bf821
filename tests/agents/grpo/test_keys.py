import os

import pytest

from hopgym.agents.grpo.keys import VARIABLES, Flags, in_environment, warning
from hopgym.agents.grpo.settings import GRPOSettings
from hopgym.errors import ConfigError

SECRET = "never-seen-3f"


def test_without_keys_nothing_is_asked_that_costs():
    flags = Flags()
    assert flags.keys == {} and flags.settings() == GRPOSettings()


@pytest.mark.parametrize(
    ("key", "setting", "value"),
    [("openai_api_key", "judge", "openai"), ("exa_api_key", "retriever", "exa")],
)
def test_a_key_says_who_is_asked_unless_that_is_said(key, setting, value):
    assert Flags(**{key: SECRET}).settings() == GRPOSettings(**{setting: value})
    said = Flags(**{key: SECRET, setting: "mine.py:Mine"}).settings()
    assert said == GRPOSettings(**{setting: "mine.py:Mine"})


def test_keys_stand_in_no_settings_and_no_repr():
    flags = Flags(**dict.fromkeys(VARIABLES, SECRET))
    assert SECRET not in repr(flags) and SECRET not in repr(flags.settings())
    assert flags.keys == dict.fromkeys(VARIABLES, SECRET)
    assert not set(VARIABLES) & set(GRPOSettings.__dataclass_fields__)


def test_the_warning_names_flags_and_variables_and_no_key():
    said = warning({"exa_api_key": SECRET, "hub_token": SECRET})
    assert said.startswith("--exa_api_key, --hub_token: others on this machine can read")
    assert "Set EXA_API_KEY, HF_TOKEN in the environment instead" in said
    assert SECRET not in said and "\n" not in said


@pytest.mark.parametrize("key", ["", " \n"])
@pytest.mark.parametrize("name", VARIABLES)
def test_an_empty_key_is_refused(name, key):
    with pytest.raises(ConfigError, match=f"{name} is empty: give a key, or set {VARIABLES[name]}"):
        Flags(**{name: key})


def test_the_settings_are_checked_too():
    with pytest.raises(ConfigError, match="lr is -1"):
        Flags(lr=-1.0)


def test_keys_are_where_the_clients_look_and_gone_afterwards(monkeypatch):
    monkeypatch.delenv("EXA_API_KEY", raising=False)
    with in_environment({"exa_api_key": SECRET}):
        assert os.environ["EXA_API_KEY"] == SECRET
    assert "EXA_API_KEY" not in os.environ
