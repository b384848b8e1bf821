import pytest

from hopgym.core import Document
from hopgym.retrieval.wire import contents_of, split_contents, title_and_text, to_wire


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Ada", "A mathematician."),
        ("Ada (film) [b]", "A film (1999)."),  # a peer splits titles at parentheses
        ("", ""),
        ("", "one\ntwo\n"),
        (' "quoted" ', "\n\nx"),
        ('"', "x"),
        ("a\u2028b\u0085c\r", "x\u2028y"),
    ],
)
def test_what_is_written_is_read_back(title, text):
    assert split_contents(contents_of(Document("1", title, text))) == (title, text)


def test_a_line_break_in_a_title_ends_nothing():
    assert split_contents(contents_of(Document("1", "a\nb", "text"))) == ("a b", "text")


def test_contents_without_quotation_marks_are_read_too():
    assert split_contents("Ada\ntext\nmore") == ("Ada", "text\nmore")
    assert split_contents("only text") == ("", "only text")


def test_metadata_does_not_leave():
    document = Document("1", "t", "x", "News", {"is_supporting": True})
    assert to_wire(document) == {"id": "1", "contents": '"t"\nx', "source": "News"}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"contents": '"Ada"\nx', "title": "other", "text": "y"}, ("Ada", "x")),
        ({"title": "Ada", "text": "x"}, ("Ada", "x")),
        ({"title": None, "text": "x"}, ("", "x")),
        ({"text": "Ada\nx"}, ("Ada", "x")),
        ({"content": "x"}, ("", "x")),
        ({"title": "Ada"}, None),
        ({"text": 7}, None),
    ],
)
def test_records_of_several_forms(record, expected):
    assert title_and_text(record) == expected
