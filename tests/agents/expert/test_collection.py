import gymnasium
import pytest
from toy import ToyQuestions, ToyRetriever

from hopgym.agents import make_agent
from hopgym.agents.base import FunctionAgent
from hopgym.agents.expert.collection import Collection, Ground, fingerprint_of
from hopgym.envs.spaces import UnicodeText
from hopgym.errors import ConfigError, UnknownNameError


def toy(**changes):
    given = {"questions": ToyQuestions(), "env_kwargs": {"retriever": ToyRetriever()}}
    return Collection(**{**given, **changes})


def test_the_conditions_name_all_that_was_played():
    conditions = Ground.of(toy(env_kwargs={"retriever": ToyRetriever(), "top_k": 2})).conditions
    assert conditions.env_kwargs == {"retriever": "ToyRetriever@toy", "top_k": 2}
    assert (conditions.questions, conditions.split) == ("toy", "train")
    assert (conditions.dataset_fingerprint, conditions.retriever_fingerprint) == ("toy", "toy")
    assert conditions.info == {"grammar": "r3"} and conditions.accept == ("em>=1",)
    assert conditions.agents[0] == conditions.agents[1]
    assert conditions.agents[0].startswith("expert@")


def test_plans_have_their_limits_in_the_info():
    sources = {"General": ToyRetriever()}
    ground = Ground.of(toy(env_id="hopgym/DagSearch-v0", env_kwargs={"sources": sources}))
    info = ground.conditions.info
    assert info["tools"][0] == "General"
    assert {**info, "tools": ()} == {
        "grammar": "dag", "tools": (), "max_nodes": 8, "max_query_words": 10
    }  # fmt: skip


def test_only_the_first_questions_are_taken():
    assert [q.id for q in Ground.of(toy(episodes=1)).questions] == ["q1"]


def test_an_agent_is_known_by_its_own_word_or_its_file():
    expert, oracle = make_agent("expert"), make_agent("oracle")
    assert fingerprint_of(expert) == fingerprint_of(make_agent("expert")) != fingerprint_of(oracle)
    oracle.fingerprint = "mine"
    assert fingerprint_of(oracle) == "mine"
    mine = FunctionAgent(lambda o: "a", name="x")
    assert fingerprint_of(mine) == fingerprint_of(FunctionAgent(lambda o: "b", name="y")) != ""
    assert fingerprint_of(FunctionAgent(len, name="len")) == ""


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"attempts": 0}, "attempts is 0; it must be a whole number from 1"),
        ({"episodes": 0}, "episodes is 0"),
        ({"env_kwargs": {"split": "dev"}}, "Give split by its own field"),
        ({"accept": ("judge",)}, None),
    ],
)
def test_what_cannot_be_is_refused(changes, told):
    if told is None:  # a metric, which only episodes can lack
        assert toy(**changes).accept == ("judge",)
        return
    with pytest.raises(ConfigError, match=told):
        toy(**changes)


def test_unknown_names_are_refused_before_anything_is_played():
    with pytest.raises(UnknownNameError, match=r"agent 'exprt'\. Did you mean 'expert'"):
        Ground.of(toy(agent="exprt"))
    with pytest.raises(UnknownNameError, match="environment"):
        Ground.of(toy(env_id="hopgym/Search-v0"))
    with pytest.raises(ConfigError, match="has no split 'test'"):
        Ground.of(toy(exclude=("test",)))


class Plain(gymnasium.Env):
    """Not one of ours."""

    action_space = observation_space = UnicodeText(100)

    def __init__(self, questions=None, split=None, retriever=None):
        if questions == "set":
            self.question_set = ToyQuestions()

    def reset(self, *, seed=None, options=None):
        return "?", {"question_id": "q1"}

    def step(self, action):
        return "!", 1.0, True, False, {}


def test_an_environment_that_is_not_played_in_text_is_refused():
    gymnasium.register("toy/Plain-v0", Plain, disable_env_checker=True)
    try:
        given = {"env_id": "toy/Plain-v0", "env_kwargs": {}}
        with pytest.raises(ConfigError, match="infos name no grammar"):
            Ground.of(Collection(questions="set", **given))
        with pytest.raises(ConfigError, match="no attribute `question_set`"):
            Ground.of(Collection(questions="none", **given))
    finally:
        del gymnasium.registry["toy/Plain-v0"]
