import pytest

from hopgym.benchmarks.cloze import cloze, write_cloze
from hopgym.core import Document
from hopgym.envs.datasets import make_questions
from hopgym.errors import DataError

TEXT = (
    "The director of the film Vel was Ada Orm of Tessa. It rained. Nothing else is known of 1912."
)


def test_the_answer_stands_in_the_sentence_and_not_in_the_question():
    for question in cloze(Document("d", "Vel", TEXT), each=9):
        (answer,) = question.answers
        before, gap, after = question.text.partition("_")
        assert gap and answer in TEXT
        whole = f"{before}{answer}{after}".replace(" ", "")
        assert whole in TEXT.replace(" ", "")
        assert question.document_ids == ("d",)


def test_the_seed_draws_the_gaps_and_nothing_else_does():
    one = Document("d", "", TEXT)
    first = list(cloze(one, seed=1, each=1))
    assert first == list(cloze(one, seed=1, each=1))
    assert any(list(cloze(one, seed=seed, each=1)) != first for seed in range(9))


def test_a_folder_is_read_as_questions_over_sentences(tmp_path):
    folder = write_cloze(tmp_path / "cloze", [Document("d", "Vel", TEXT)], each=9)
    made = make_questions(str(folder))
    assert {document.id for document in made.documents} == {"d#0", "d#2"}  # two words are too few
    assert {question.type for question in made.questions("train")} == {"cloze"}
    before = (folder / "questions" / "train.jsonl").stat().st_mtime_ns
    assert write_cloze(folder, []) == folder
    assert (folder / "questions" / "train.jsonl").stat().st_mtime_ns == before


def test_documents_without_names_are_refused(tmp_path):
    with pytest.raises(DataError, match="None of the documents has a sentence"):
        write_cloze(tmp_path / "cloze", [Document("d", "", "It is so. And so it is.")])
    assert not (tmp_path / "cloze").exists()
