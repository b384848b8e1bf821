from dataclasses import replace

import numpy as np
import pytest
from kg_playing import Lazy
from subgraphs import AWKWARD, CHAIN, TOY, env, large_question, question, question_set
from tiny_llms import needs_llms

needs_llms()

from hopgym.agents.drag.cases import Cases, blind, make_compiler, questions_of  # noqa: E402
from hopgym.core import Question  # noqa: E402
from hopgym.envs.datasets import make_questions  # noqa: E402
from hopgym.envs.datasets.loaded import LoadedQuestions  # noqa: E402
from hopgym.envs.subgraph.case import Offer  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402

ARRAYS = ("heads", "relations", "tails", "topics", "gold", "answers", "node_features")


def equal(one, other, names=ARRAYS):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_cases_are_those_that_are_played():
    given = [*AWKWARD, large_question(300)]
    stage = env(questions=question_set(*given), top_k=8).unwrapped.stage
    cases = Cases(given, 8)
    assert len(cases) == len(given)
    for place, case in enumerate(cases):
        played = stage.case(place)
        assert (
            case.offer == played.offer
            and case.places == played.places
            and case.names == played.names
        )
        assert equal(case, played) and case.num_gold == played.num_gold
        assert case.gold_answers == played.gold_answers


def test_a_case_is_made_once_and_keeps_no_more_facts_than_are_offered():
    lazy = Lazy([large_question(300), CHAIN])
    cases = Cases(lazy.questions("train"), 8)
    assert lazy.completed == []
    case = cases[0]
    assert cases[0] is case and lazy.completed == ["large"]
    assert case.num_facts == len(case.offer.facts) == 8 and case.question.facts == ()
    assert case.question.id == "large" and case.question.answers


@pytest.mark.parametrize("given", AWKWARD, ids=lambda each: each.id)
def test_what_is_offered_makes_the_same_graph_without_gold(given):
    compiler = make_compiler(6)
    case = compiler(given)
    seen = blind(case.offer, compiler)
    blinded = ("heads", "relations", "tails", "topics", "node_features")
    assert seen.offer.facts == case.offer.facts and equal(seen, case, blinded)
    assert seen.names == case.names and seen.question.id == ""
    other = compiler(replace(given, gold_facts=(), answer_entities=("b",), answers=("b",)))
    assert equal(blind(other.offer, compiler), seen, (*blinded, "gold"))


def test_an_offer_that_is_too_large_is_cut_as_in_training():
    whole = large_question(300)
    offer = Offer(whole.text, whole.facts, whole.topic_entities)
    case = blind(offer, make_compiler(8))
    assert case.offer.facts == make_compiler(8)(whole).offer.facts
    assert [offer.facts[place] for place in case.places] == list(case.offer.facts)


def test_questions_are_those_of_a_split_or_the_first_of_them():
    assert len(questions_of(TOY, "train")) == len(AWKWARD)
    assert [each.id for each in questions_of(TOY, "train", 2)] == ["chain", "parallel"]


def test_questions_that_cannot_be_learnt_from_are_refused():
    with pytest.raises(ConfigError, match="toy has no split 'dev'; it has: train"):
        questions_of(TOY, "dev")
    empty = make_questions("world?entities=200&train=0&dev=4&test=0&hops=1")
    with pytest.raises(ConfigError, match="no questions in its split 'train'; its splits: train"):
        questions_of(empty, "train")
    plain = LoadedQuestions("plain", {"train": (Question("1", "Who?", ("Ada",)),)})
    with pytest.raises(
        ConfigError, match=r"of plain have no graphs: .* Write them into each question"
    ):
        questions_of(plain, "train")
    mixed = question_set(Question("1", "Who?", ("Ada",)), question("2", CHAIN.facts, "a", "c"))
    assert len(questions_of(mixed, "train")) == 2  # one without a graph is no set without graphs
