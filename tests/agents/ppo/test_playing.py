import pytest
from tiny_llms import byte_tokenizer, causal_lm, needs_llms

from hopgym.errors import ConfigError

needs_llms()

from hopgym.agents.ppo.actor import Actor  # noqa: E402
from hopgym.agents.ppo.playing import env_kwargs, make_generator  # noqa: E402
from hopgym.agents.ppo.policy import Policy  # noqa: E402
from hopgym.agents.ppo.settings import PPOSettings  # noqa: E402


def settings(**changes):
    return PPOSettings(**{"model_name": "m", **changes})


def test_the_environment_has_the_keywords_that_were_given():
    given = settings(env_set=("top_k=2", "grammar=search_r1"), reward="f1")
    assert env_kwargs(given) == {"top_k": 2, "grammar": "search_r1", "reward": "f1"}
    assert env_kwargs(settings()) == {}


@pytest.mark.parametrize("name", ["questions", "split", "reward"])
def test_what_has_a_flag_of_its_own_is_no_keyword(name):
    with pytest.raises(ConfigError, match=f"use --{name}"):
        env_kwargs(settings(env_set=(f"{name}=x",)))


def test_it_writes_as_it_is_told():
    actor, tokenizer = Actor(causal_lm()), byte_tokenizer()
    given = settings(temperature=0.7, max_new_tokens=9, context=64)
    generator = make_generator(given, Policy(actor, tokenizer, "float32"))
    assert (generator.sampling.temperature, generator.sampling.max_new_tokens) == (0.7, 9)
    assert generator.room == 64 - 9
    assert generator.model is actor.model
