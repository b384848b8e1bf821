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


def test_questions_in_words_show_the_sentence_among_its_neighbours(tmp_path):
    said = (
        "Vel is a film of the year 1912. Its director was Ada Orm of Tessa in Norland. It was long."
    )
    folder = write_cloze(tmp_path / "cloze", [Document("d", "Vel", said)], each=9, asked=True)
    made = make_questions(str(folder))
    shown = {document.id: document.text for document in made.documents}
    assert shown["d#1"] == said and shown["d#0"] == said.removesuffix(" It was long.")
    first_words = {q.answers[0]: q.text.split()[0] for q in made.questions("train")}
    assert first_words["1912"] == "When" and first_words["Norland"] == "What"
    assert first_words["Ada Orm of Tessa"] == "Who"
    assert all(q.text.endswith("?") for q in made.questions("train"))
