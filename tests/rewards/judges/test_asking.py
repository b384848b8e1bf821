import copy
import pickle
import sys

import pytest

from hopgym.agents import make_agent
from hopgym.agents.api.openai import OpenAIAgent
from hopgym.errors import ConfigError, MissingExtraError


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


WRONG = {
    "model= ": "model is ' '; give the name of a model",
    "system=": "system is ''; give the text of a system message",
    "base_url=here": "url is 'here'; give one such as http://127",
    "base_url=http://me:pass@a": "holds a name or password",
    "base_url=http://a/v1%3Fb": "has a query or fragment",
    "temperature=3": "temperature is 3; give a number from 0 to 2",
    "max_new_tokens=0": "max_new_tokens is 0; give a whole number from 1",
    "concurrency=0": "concurrency is 0",
    "timeout=0": "timeout is 0",
    "retries=-1": "retries is -1; give a whole number from 0",
    "reasks=-1": "reasks is -1",
    "max_calls=-1": "max_calls is -1",
    "backoff=-1": "backoff is -1",
    "temprature=1": "has no option 'temprature'. Did you mean 'temperature'",
    "stop=maybe": "stop is true or false",
}


@pytest.mark.parametrize("option", WRONG)
def test_a_setting_that_is_not_allowed_is_refused(option):
    with pytest.raises(ConfigError, match=WRONG[option].replace("(", r"\(")):
        make_agent(f"openai?{option}")


def test_the_model_names_the_agent():
    assert make_agent("openai").name == "gpt-4o-mini"
    assert make_agent("openai?model=Qwen/Qwen3-8B").name == "Qwen3-8B"
    assert make_agent("openai?model=Qwen/Qwen3-8B&name=mine").name == "mine"
    assert not hasattr(OpenAIAgent, "name")  # what is read of a class counts for all its agents


def test_a_key_comes_from_the_environment_alone(monkeypatch):
    with pytest.raises(ConfigError, match="api_key_env is no name of an environment") as refused:
        OpenAIAgent(api_key_env="sk-very-secret")
    assert "sk-very" not in str(refused.value)
    monkeypatch.setenv("ODD", "a\tb")
    with pytest.raises(ConfigError, match="'ODD' holds what no key can be"):
        OpenAIAgent(api_key_env="ODD")
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ConfigError, match="The agent 'openai' needs a key: set the environment"):
        make_agent("openai")
    assert make_agent("openai?api_key_env=null").key() == ""


def test_copies_have_the_settings_and_no_key():
    agent = OpenAIAgent(model="m", temperature=None, max_calls=3)
    written = pickle.dumps(agent)
    assert b"secret" not in written
    for other in (pickle.loads(written), copy.deepcopy(agent)):
        assert (other.model, other.temperature, other.max_calls) == ("m", None, 3)
        assert other.fingerprint == agent.fingerprint and other.key() == "sk-very-secret"


def test_a_missing_client_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(MissingExtraError, match=r'pip install "hopgym\[judges\]"'):
        make_agent("openai")
