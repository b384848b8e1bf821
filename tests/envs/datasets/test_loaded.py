import pytest
from toy import DOCUMENTS, QUESTIONS

from hopgym.core import Question
from hopgym.envs.datasets.base import QuestionSet
from hopgym.envs.datasets.loaded import LoadedQuestions
from hopgym.errors import ConfigError, DataError
from hopgym.retrieval.corpus import Corpus


def test_splits_are_kept_in_their_order():
    made = LoadedQuestions(
        "mine", {"train": iter(QUESTIONS), "dev": QUESTIONS[:1]}, DOCUMENTS, ["a"]
    )
    assert isinstance(made, QuestionSet)
    assert made.splits == ("train", "dev") and made.skipped == ("a",)
    assert made.questions("train") == QUESTIONS and made.questions("dev") == QUESTIONS[:1]
    assert isinstance(made.documents, Corpus) and tuple(made.documents) == DOCUMENTS
    assert repr(made) == "LoadedQuestions('mine', train=2, dev=1, 3 documents, 1 skipped)"
    with pytest.raises(ConfigError, match="mine has no split 'test'; it has: train, dev"):
        made.questions("test")


def test_the_fingerprint_names_the_content_and_not_the_set():
    def of(name, split="train", questions=QUESTIONS, documents=DOCUMENTS):
        return LoadedQuestions(name, {split: questions}, documents).fingerprint

    assert of("a") == of("b") == of("a", documents=DOCUMENTS[::-1])
    others = [
        of("a", split="dev"),
        of("a", questions=QUESTIONS[::-1]),
        of("a", documents=DOCUMENTS[:2]),
        of("a", questions=[*QUESTIONS, Question("q3", "Who?", ("Ada",))]),
    ]
    assert len({of("a"), *others}) == 5


def test_a_corpus_is_taken_as_it_is():
    corpus = Corpus(DOCUMENTS)
    assert LoadedQuestions("mine", {"train": QUESTIONS}, corpus).documents is corpus


def test_an_id_is_unique_within_its_split_alone():
    LoadedQuestions("mine", {"train": QUESTIONS, "dev": QUESTIONS})
    with pytest.raises(DataError, match=r"mine dev: questions 0 and 2 both have the id 'q1'. Give"):
        LoadedQuestions("mine", {"train": QUESTIONS, "dev": [*QUESTIONS, QUESTIONS[0]]})
    with pytest.raises(DataError, match="Documents 0 and 3 both have the id 'd1'"):
        LoadedQuestions("mine", {"train": QUESTIONS}, [*DOCUMENTS, DOCUMENTS[0]])
