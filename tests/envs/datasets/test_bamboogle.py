import pytest

from hopgym.core import Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.bamboogle import load_bamboogle
from hopgym.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

TSV = (
    "Question\t\t\t\tAnswer\tAnswer 2\tcanary: 0\r\n"
    "Who led when Ull was founded?\t\t\t\tAda Orm\tAda\t\r\n"
    "\t\t\t\t\t\t\r\n"
    '"Who wrote ""Vel""?"\t\t\t\tTessa\r\n'
)
QUESTIONS = (
    Question("1", "Who led when Ull was founded?", ("Ada Orm", "Ada")),
    Question("3", 'Who wrote "Vel"?', ("Tessa",)),
)


def test_the_original_table(tmp_path):
    (tmp_path / "b.tsv").write_bytes(TSV.encode())
    made = make_questions(tmp_path / "b.tsv", split="test")
    assert (made.name, made.splits, len(made.documents)) == ("bamboogle", ("test",), 0)
    assert made.questions("test") == QUESTIONS


def test_the_plain_shape(tmp_path):
    (tmp_path / "b.json").write_text('[{"id": "x", "Question": "Who?", "answer": ["Ada", "Orm"]}]')
    made = load_bamboogle(tmp_path / "b.json")
    assert made.questions("train") == (Question("x", "Who?", ("Ada", "Orm")),)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("\t\t\t\tAda\t\t", r"b.tsv:5: field `question` must be text, not ''"),
        ("Who?\t\t\t\t\t\tx", r"b.tsv:5: field `answer` must be text or a list of texts, not \[\]"),
    ],
)
def test_a_bad_row_is_named_or_skipped(tmp_path, line, message):
    (tmp_path / "b.tsv").write_bytes(f"{TSV}{line}\n".encode())
    with pytest.raises(DataError, match=f"{message}.* Mend it, or pass strict=False"):
        load_bamboogle(tmp_path / "b.tsv")
    made = load_bamboogle(tmp_path / "b.tsv", strict=False)
    assert made.questions("train") == QUESTIONS and len(made.skipped) == 1


def test_a_row_may_end_before_its_question(tmp_path):
    (tmp_path / "b.tsv").write_text("Answer\tQuestion\nAda\n")
    with pytest.raises(DataError, match=r"b.tsv:2: field `question` must be text, not ''"):
        load_bamboogle(tmp_path / "b.tsv")


@pytest.mark.parametrize("text", ["", "Frage\tAntwort\n"])
def test_a_table_without_its_header_is_named(tmp_path, text):
    (tmp_path / "b.tsv").write_text(text)
    with pytest.raises(DataError, match=r"b.tsv:1: the header needs `Question` and `Answer`, not"):
        load_bamboogle(tmp_path / "b.tsv")


def test_the_real_file(shared_data):
    made = load_bamboogle(shared_data / "bamboogle/r1searcher_bamboogle_125.jsonl")
    questions = made.questions("train")
    assert (made.name, len(questions), made.skipped) == ("bamboogle", 125, ())
    assert questions[0] == Question(
        "1",
        "Who was president of the United States in the year that Citibank was founded?",
        ("james madison",),
    )


def test_quotes_of_a_cell_are_kept_and_those_of_a_spreadsheet_are_not(tmp_path):
    rows = (
        ('Who wrote "Vel"?', 'Who wrote "Vel"?'),
        ('"Vel" was written by whom?', '"Vel" was written by whom?'),
        ('"Vel', '"Vel'),
        ('"""Vel"" is whose?"', '"Vel" is whose?'),
        ('"Vel" and "Orm"', '"Vel" and "Orm"'),
    )
    text = "Question\tAnswer\n" + "".join(f"{cell}\tAda\n" for cell, _ in rows)
    (tmp_path / "b.tsv").write_text(text)
    made = load_bamboogle(tmp_path / "b.tsv").questions("train")
    assert [question.text for question in made] == [question for _, question in rows]
