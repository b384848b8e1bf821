import pytest
from toy import QUESTIONS, ToyQuestions

from hopgym.agents.expert.splits import chain_of, check_apart, evaluations, shared
from hopgym.core import Fact, Hop, Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.loaded import LoadedQuestions
from hopgym.errors import ConfigError, DataError

FACTS = (Fact("Vel", "author", "Ada"), Fact("Ada", "born_in", "Bo"), Fact("Vel", "year", "1"))


def question(id, text, facts=(), hops=()):
    return Question(id, text, ("x",), facts=FACTS, gold_facts=facts, hops=hops)


TRAIN = [
    question("a", "Who wrote Vel?"),
    question("b", "Where was the author of Vel born?", (0, 1)),
    question("c", "Who?", hops=(Hop("Who made Orm?", "Bo"),)),
    question("d", "Alone?"),
]
TEST = [
    question("d", "Another text"),
    question("1", "WHO wrote the Vel"),
    question("2", "What is the birthplace of the author of Vel?", (1, 0)),
    question("3", "Else?", hops=(Hop("who made Orm", "Bo."),)),
    question("4", "Year?", (0,)),
]
SET = LoadedQuestions("set", {"train": TRAIN, "test": TEST, "dev": [question("e", "Fine?")]})


def test_the_same_id_text_or_facts_are_found():
    found = shared(TRAIN, evaluations(SET, "train", None))
    assert [(s.question.id, s.what, s.other.id, s.where) for s in found] == [
        ("a", "text", "1", "set test"),
        ("b", "facts", "2", "set test"),
        ("c", "facts", "3", "set test"),
        ("d", "id", "d", "set test"),
    ]


def test_ids_say_nothing_between_two_sets():
    other = LoadedQuestions("other", {"train": [question("d", "Another")]})
    assert shared(other.questions("train"), evaluations(other, "train", [])) == []
    given = [e._replace(same_set=False) for e in evaluations(SET, "train", ["test"])]
    assert shared([question("d", "New?")], given) == []


def test_a_split_that_shares_questions_is_refused():
    with pytest.raises(DataError) as refused:
        check_apart(TRAIN, "set train", evaluations(SET, "train", ["test"]))
    said = str(refused.value)
    assert said.startswith("4 of 4 questions of set train also stand in a split for evaluation")
    assert "1 by text, 2 by facts, 1 by id" in said and "--leave-out" in said
    assert "'a' is '1' of set test ('Who wrote Vel?')" in said
    check_apart(TRAIN, "set train", evaluations(SET, "train", ["dev"]))
    check_apart(TRAIN, "set train", evaluations(SET, "train", []))


def test_the_worlds_splits_are_apart_and_one_world_is_not_apart_from_itself():
    world = make_questions("world?entities=300&train=60&dev=20&test=20")
    train = world.questions("train")
    check_apart(train, "world", evaluations(world, "train", None))
    same = evaluations(world, "dev", ["world?entities=300&train=60&dev=20&test=20@train"])
    assert len(shared(train, same)) == 60


def test_a_split_that_does_not_exist_is_refused():
    with pytest.raises(ConfigError, match="toy has no split 'test'"):
        evaluations(ToyQuestions(), "train", ["test"])
    with pytest.raises(ConfigError, match="has no split 'fine'"):
        evaluations(ToyQuestions(), "train", ["world?entities=300@fine"])


def test_a_chain_is_the_gold_facts_or_else_the_hops():
    assert chain_of(TRAIN[1]) == {("Vel", "author", "Ada"), ("Ada", "born_in", "Bo")}
    assert chain_of(QUESTIONS[0]) == {
        ("who directed vel", "ada orm"),
        ("where was ada orm born", "tessa"),
    }
    assert chain_of(TRAIN[0]) == frozenset()
