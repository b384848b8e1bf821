import pytest
from subgraphs import env, vector

from hopgym.core import Score
from hopgym.envs.subgraph.env import ENV_ID
from hopgym.envs.subgraph.settings import SubgraphSettings
from hopgym.errors import ConfigError, UnknownNameError
from hopgym.rewards import FOR_FACTS, REWARDS, make_reward
from hopgym.rewards.base import is_for_documents
from hopgym.rewards.composite import Composite
from hopgym.rewards.dag import DagReward


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
        ({"retriever": "ppr?k=3"}, "The retriever 'ppr' of facts takes no options; got 'k'"),
        ({"format_retries": 0}, "format_retries is 0: .* Give observation='text'"),
        (
            {"format_retries": 2, "observation": "graph"},
            "format_retries is 2: .* got observation='graph'",
        ),
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
        (
            {"retriever": "pprr"},
            "Unknown retriever 'pprr'. Did you mean 'ppr'.* Known: all, .*bm25.*, ppr",
        ),
        ({"retriever": "pppr"}, "Unknown retriever 'pppr'. Did you mean 'ppr'"),
        ({"retriever": "al"}, "Unknown retriever 'al'. Did you mean 'all'"),
        (
            {"retriever": 'hybrid?children=["bm52"]'},
            "Unknown retriever 'bm52'. Did you mean 'bm25'",
        ),
    ],
)
def test_a_name_that_is_not_known_is_told(keywords, message):
    with pytest.raises(UnknownNameError, match=message):
        env(**keywords)


@pytest.mark.parametrize("form", ["padded", "text"])
@pytest.mark.parametrize(
    "name",
    [
        "r3_paper",
        "r3_code",
        "r3_seed",
        "orm",
        "prm",
        "dag",
        "dag_original",
        "repeat",
        "orm?judge=rule",
    ],
)
def test_rewards_that_are_made_for_documents_are_refused(name, form):
    told = (
        f"The reward .* is made for documents.*{ENV_ID} selects facts.*"
        "drag, em, f1, kg, kg_deeppath, kg_minerva, kg_r1, or a function of your own"
    )
    for given in (name, make_reward(name)):
        for make in (env, vector):
            with pytest.raises(ConfigError, match=told):
                make(reward=given, observation=form)


def test_every_reward_of_hopgym_fits_facts_or_is_refused():
    ours = {name for name in REWARDS if REWARDS.get(name).__module__.startswith("hopgym.")}
    assert {name for name in ours if not is_for_documents(REWARDS.get(name))} == {*FOR_FACTS}


def own(question, trajectory):
    return Score(1.0, {"own": 1.0})


class OwnDag(DagReward):
    plays = ""


@pytest.mark.parametrize(
    "given",
    [own, "em", "f1", "kg_r1", OwnDag(), Composite({"em": "em"}), lambda q, t: Score(0)],
)
def test_other_rewards_and_ones_own_are_taken(given):
    assert env(reward=given).stage.reward is not None
