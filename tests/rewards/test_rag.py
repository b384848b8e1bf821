import math

import gymnasium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rag_episodes import ADA, ALL, CID, QUESTION, ULL, UNKNOWN, VEL, rag
from rewards_episodes import QUESTION as MADE
from rewards_episodes import episodes

import hopgym  # noqa: F401
from hopgym.core import Question
from hopgym.errors import ConfigError, UnknownNameError
from hopgym.rewards import Composite, make_reward, score_episode
from hopgym.rewards.rag import (
    RagReward,
    answer_credit,
    compute_rag_reward,
    needed_queries,
    thrift,
    used_queries,
)

REWARD = RagReward()
WORLD = "world?entities=300&dev=20"


def terms(played, question=QUESTION, **options):
    return dict(RagReward(**options)(question, played).terms)


def test_the_right_answer_from_the_right_documents_is_worth_everything():
    assert terms(rag("Tessa")) == pytest.approx(
        {"answer": 0.6, "relevance": 0.3, "efficiency": 0.1}
    )
    assert REWARD(QUESTION, rag("Tessa")).value == 1.0


def test_each_part_is_paid_for_itself():
    assert terms(rag("Lun")) == {"answer": 0.0, "relevance": 0.3, "efficiency": 0.0}
    assert terms(rag("Tessa", (ADA, CID)))["relevance"] == pytest.approx(0.15)
    assert terms(rag("Tessa", ())) == pytest.approx(
        {"answer": 0.6, "relevance": 0.0, "efficiency": 0.1}
    )
    half = terms(rag("Ada"), Question("q", "Who made it?", ("Ada Orm",)))
    assert half["answer"] == pytest.approx(0.4) and half["efficiency"] == pytest.approx(0.1 * 2 / 3)


def test_queries_beyond_those_that_are_needed_cost_efficiency():
    more = [("who is it", (CID,)), ("who else", ()), ("and then", ())]
    played = rag("Tessa", (VEL, ADA), more=more)
    assert used_queries(played) == 4 and needed_queries(QUESTION) == 2
    assert terms(played)["efficiency"] == pytest.approx(0.05)
    assert needed_queries(UNKNOWN) == 1 and thrift(0, 1) == 1.0
    assert used_queries(rag(None, outcome="malformed")) == 2  # one that could not be read


def test_all_is_paid_on_the_last_step():
    played = rag("Tessa", (VEL,), more=[("Ada Orm", (ADA,))])
    first, last = score_episode(REWARD, QUESTION, played)
    assert first.value == 0.0 and set(first.terms) == set(last.terms) and last.value == 1.0


@given(episodes(), st.floats(0, 1), st.floats(0, 3))
def test_terms_add_up_and_stay_between_0_and_1(played, taken, cited):
    reward = RagReward(hallucination=taken, citations=cited)
    for score in score_episode(reward, MADE, played):
        assert sum(score.terms.values()) == pytest.approx(score.value)
        assert 0.0 <= score.value <= 1.0


def test_where_the_gold_is_unknown_the_answer_tells():
    assert terms(rag("Tessa"), UNKNOWN)["relevance"] == 0.3
    assert terms(rag("Tessa", (ULL,)), UNKNOWN)["relevance"] == 0.0


def test_citations_are_paid_in_the_measure_of_the_answer():
    def cited(text, question=QUESTION):
        return terms(rag(text), question, citations=0.25)["citations"]

    assert cited("Tessa [1] [2]") == pytest.approx(0.2)  # shares: 0.25 of 1.25
    assert 0.0 < cited("Tessa [1-4]") < cited("Tessa [2]") < 0.2
    assert cited("Tessa [1-4]") == pytest.approx(0.1)
    assert cited("Tessa") == cited("Lun [1] [2]") == cited("Tessa [9]") == 0.0


def test_an_answer_without_support_loses_a_share():
    made_up = terms(rag("Paris"), hallucination=0.5)
    assert made_up["hallucination"] == pytest.approx(-0.15) and terms(rag("Lun"), hallucination=0.5)
    score = RagReward(hallucination=0.5)(QUESTION, rag("Tessa", (VEL,)))
    assert score.value == pytest.approx(0.5 * 0.85) and score.reason == "without support: Tessa"
    assert RagReward(hallucination=0.5)(QUESTION, rag("Tessa")).value == 1.0


def test_citations_are_no_part_of_the_answer():
    assert terms(rag("Tessa [DOC_2] [1]"))["answer"] == 0.6


def test_weights_are_shares():
    reward = make_reward("rag?answer=3&relevance=1&efficiency=0&citations=0&hallucination=0.2")
    assert reward.weights == {
        "answer": 0.75, "relevance": 0.25, "efficiency": 0.0, "hallucination": -0.2,
    }  # fmt: skip
    assert REWARD.weights == pytest.approx({"answer": 0.6, "relevance": 0.3, "efficiency": 0.1})


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"answer": -1}, ConfigError, "answer is -1; give a number from 0"),
        ({"relevance": math.nan}, ConfigError, "relevance is nan"),
        ({"answer": 0, "relevance": 0, "efficiency": 0}, ConfigError, "All weights .* are 0"),
        ({"hallucination": 1.5}, ConfigError, "hallucination is 1.5; give a number from 0 to 1"),
        ({"citations": "many"}, ConfigError, "citations"),
        ({"support": "lexicl"}, UnknownNameError, "lexical"),
        ({"support": 3}, ConfigError, "3 is no support checker"),
        ({"recall": 1}, ConfigError, "recall"),
    ],
)
def test_bad_options_are_refused(options, error, said):
    with pytest.raises(error, match=said):
        make_reward("rag", **options)


def test_it_is_a_part_of_others():
    both = Composite({"rag": "rag", "waste": "repeat"}, {"waste": 0.1})
    score = both(QUESTION, rag("Tessa", more=[(QUESTION.text, ())]))
    assert score.terms["rag/answer"] == 0.6 and score.terms["waste/repeat"] == 0.0
    assert hash(REWARD) == hash(RagReward()) and RagReward() == REWARD


@pytest.mark.parametrize("env", ["hopgym/SearchRead-v0", "hopgym/DagSearch-v0", "hopgym/RAG-v0"])
def test_every_environment_pays_it(env):
    if env not in gymnasium.registry:
        pytest.skip(f"{env} is not registered")
    made = gymnasium.make(env, reward="rag", questions=WORLD)
    _, info = made.reset(seed=3)
    gold = made.unwrapped.question
    grammar, over = made.unwrapped.stage.grammar, False
    if "RAG" not in env:
        action = grammar.write_query(1, "I look.", gold.hops[0].query)
        *_, over, _, info = made.step(action)
    *_, over, _, info = made.step(grammar.write_answer(2, "I know.", gold.answers[0]))
    assert over and info["reward_terms"]["answer"] == 0.6
    (*_, last) = score_episode(REWARD, gold, info["trajectory"])
    assert dict(last.terms) == info["reward_terms"]


# In plain text.


def test_plain_texts_are_paid_alike():
    score = compute_rag_reward("Tessa", QUESTION.answers, ALL, ["d1", "d2"], queries=1, needed=2)
    assert dict(score.terms) == terms(rag("Tessa")) and score.value == 1.0
    assert compute_rag_reward("Tessa [2]", "Tessa", [ADA]).value == 1.0
    assert compute_rag_reward("Lun", "Tessa", [ADA]).value == 0.3
    assert compute_rag_reward("Tessa", "Tessa").value == pytest.approx(0.7)
    assert compute_rag_reward("yes", "yes", ["Yes, he said."]).terms["relevance"] == 0.0
    assert compute_rag_reward("", "Tessa", [ADA]).value == 0.0
    assert compute_rag_reward("[1]", "Tessa", [ADA]).value == 0.0
    assert compute_rag_reward("[3]", "3").terms["answer"] == 0.6
    assert compute_rag_reward("Apollo [11]", "Apollo 11").terms["answer"] == 0.6
    assert compute_rag_reward("Where?", "Tessa", [ADA], question="Where?").value == 0.0
    assert compute_rag_reward("Tessa", "Tessa", queries=4).terms["efficiency"] == 0.025
    assert compute_rag_reward("Tessa", "Tessa", weights=(1, 0, 0)).value == 1.0


def test_one_relevant_id_is_no_list():
    with pytest.raises(ConfigError, match="are 'd1'; give a list of documents or ids"):
        compute_rag_reward("Tessa", "Tessa", [ADA], "d1")


def test_answers_are_normalised_as_squad_does():
    assert compute_rag_reward("the TESSA!", ["Tessa"], [ADA]).value == 1.0


@pytest.mark.parametrize(
    ("options", "said"),
    [({"queries": -1}, "queries"), ({"needed": 0}, "needed"), ({"weights": (1,)}, "three numbers")],
)
def test_bad_numbers_are_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        compute_rag_reward("Tessa", "Tessa", **options)


def test_credit_is_f1_up_to_its_precision():
    assert answer_credit("Ada", ["Ada Orm"]) == pytest.approx(2 / 3)
    assert answer_credit("Ada Orm of Lun", ["Ada Orm"]) == pytest.approx(0.5)
    assert answer_credit("yes and no", ["yes"]) == answer_credit("Bea", ["Ada"]) == 0.0
    assert answer_credit("Ada Orm", ["Bea", "Ada Orm"]) == 1.0
