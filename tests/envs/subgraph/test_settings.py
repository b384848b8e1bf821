import pytest
from subgraphs import env, vector

from hopgym.envs.subgraph.settings import SubgraphSettings
from hopgym.errors import ConfigError, UnknownNameError


def test_the_defaults_are_those_of_the_design():
    settings = SubgraphSettings()
    assert (settings.retriever, settings.reward, settings.reader) == ("ppr", "kg", "symbolic")
    assert (settings.top_k, settings.max_steps, settings.relation_ids) == (256, 20, 4096)
    assert (settings.mode, settings.observation) == ("one_shot", "graph")
    assert settings.direct_facts and not settings.connected


@pytest.mark.parametrize("make", [env, vector])
@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"mode": "x"}, "mode is 'x'; it may be: one_shot, sequential"),
        ({"observation": "y"}, "observation is 'y'; it may be: graph, padded, text"),
        ({"connected": 1}, "connected is 1; it may be True or False"),
        ({"direct_facts": "no"}, "direct_facts is 'no'; it may be True or False"),
        ({"relation_ids": 1}, "relation_ids is 1; it must be a whole number from 2"),
        ({"top_k": 0}, "top_k is 0; it must be a whole number from 1"),
        ({"max_steps": 1.5}, "max_steps is 1.5; it must be a whole number from 1"),
        ({"split": "dev"}, "toy has no split 'dev'; it has: train"),
        ({"connected": True}, "one_shot has no next. Give mode='sequential'"),
        ({"question": "toy"}, "KGSubgraph-v0 has no keyword 'question'. Did you mean 'questions'"),
        ({"render_mode": "rgb_array"}, "render_mode is 'rgb_array'; it may be None or one of"),
        ({"reader": 5}, "5 is no fact reader"),
        ({"encoder": 5}, "5 is no encoder"),
    ],
)
def test_what_cannot_be_is_told(make, keywords, message):
    with pytest.raises(ConfigError, match=message):
        make(**keywords)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"reader": "nope"}, "Unknown fact reader 'nope'.*symbolic"),
        ({"encoder": "nope"}, "Unknown encoder 'nope'.*hashing"),
        ({"reward": "kgg"}, "Unknown reward 'kgg'. Did you mean 'kg'"),
        ({"questions": "worlds"}, "Unknown question set 'worlds'. Did you mean 'world'"),
        ({"retriever": "pprr"}, "Unknown retriever 'pprr'.*Of facts also: ppr, all"),
    ],
)
def test_a_name_that_is_not_known_is_told(keywords, message):
    with pytest.raises(UnknownNameError, match=message):
        env(**keywords)
