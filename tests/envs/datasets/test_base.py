import pytest
from toy import ToyQuestions

from hopgym.core import Fact, Question
from hopgym.envs.datasets.base import QuestionSet, check_questions, check_split, default_split
from hopgym.envs.datasets.loaded import LoadedQuestions
from hopgym.errors import ConfigError, DataError


def test_a_question_set_is_whatever_has_splits_and_documents():
    assert isinstance(ToyQuestions(), QuestionSet) and not isinstance(object(), QuestionSet)


def test_an_unknown_split_is_named_with_those_that_exist():
    with pytest.raises(ConfigError, match="mine has no split 'tset'; it has: train, test"):
        check_split("tset", ("train", "test"), "mine")


def test_the_split_to_play_is_a_preferred_one_or_the_only_one():
    question = Question("q", "Who?", ("Ada",))
    both = LoadedQuestions("both", {"train": [question], "dev": [question]})
    only = LoadedQuestions("only", {"validation": [question]})
    assert default_split(both, "test", "dev") == "dev"
    assert default_split(only, "test") == "validation"
    with pytest.raises(ConfigError, match=r"both has several splits: train, dev. Say which"):
        default_split(both, "test")


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (("q", "Who?", "Ada"), r"'q' has the answers 'Ada'; they must be a tuple of one or more"),
        (("q", "Who?", (1902,)), r"'q' has the answers \(1902,\)"),
        (("q", "Who?", ()), r"'q' has the answers \(\)"),
        ((7, "Who?", ("Ada",)), "question 0 has the id 7; it must be text"),
        (("q", None, ("Ada",)), "question 0 has the text None; it must be text"),
    ],
)
def test_what_is_no_text_is_refused(question, message):
    with pytest.raises(DataError, match=f"mine train: .*{message}"):
        LoadedQuestions("mine", {"train": [Question(*question)]})
    with pytest.raises(DataError, match="question 1 is 'Who', not a Question"):
        check_questions([Question("q", "Who?", ("Ada",)), "Who"], "mine")


FACT = Fact("Ada", "born_in", "London")


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        ({"facts": [FACT]}, r"the facts \[Fact\(.*; they must be a tuple of Fact\(head, relation"),
        ({"facts": (["Ada", "born_in", "London"],)}, r"the facts \(\['Ada', .* a tuple of Fact\("),
        ({"facts": (Fact("Ada", ["born_in"], "London"),)}, "the facts .* a tuple of Fact.*texts"),
        (
            {"facts": (FACT, Fact("Ada", "age", 36))},
            r"the facts .*\(fact 1 is Fact\(head='Ada', relation='age'",
        ),
        (
            {"topic_entities": ["Ada"]},
            r"the topic_entities \['Ada'\]; they must be a tuple of texts",
        ),
        ({"topic_entities": "Ada"}, "the topic_entities 'Ada'; they must be a tuple of texts"),
        ({"answer_entities": (7,)}, r"the answer_entities \(7,\); they must be a tuple of texts"),
        (
            {"facts": (FACT,), "gold_facts": (0, 99)},
            r"the gold_facts \(0, 99\).* 1 facts, from 0 to 0",
        ),
        (
            {"facts": (FACT,), "gold_facts": (-1,)},
            r"the gold_facts \(-1,\); they must be a tuple of",
        ),
        (
            {"facts": (FACT,), "gold_facts": [0]},
            r"the gold_facts \[0\]; they must be a tuple of places",
        ),
        ({"facts": (FACT,), "gold_facts": (True,)}, r"the gold_facts \(True,\)"),
        ({"gold_facts": (0,)}, r"the gold_facts \(0,\).* its facts, and it has none"),
    ],
)
def test_a_graph_that_is_none_is_refused_by_the_name_of_its_question(graph, message):
    with pytest.raises(DataError, match=f"mine: question 'q' has {message}"):
        check_questions([Question("q", "Who?", ("Ada",), **graph)], "mine")
