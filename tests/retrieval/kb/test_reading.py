import gzip
import json
import tracemalloc

import pytest
from kb_files import write_lines

from hopgym.core import Document
from hopgym.errors import DataError
from hopgym.retrieval.kb.reading import Problem, clean, read_records


def found(path, **options):
    return [record.found for record in read_records(path, **options)]


@pytest.mark.parametrize("name", ["docs.jsonl", "docs.jsonl.gz"])
def test_every_published_shape_is_read(tmp_path, name):
    rows = [
        {"id": "a", "title": "Ada", "text": "One."},
        {"id": "b", "contents": '"Bob"\nTwo.'},
        {"_id": "c", "title": "Cy", "text": "Three.", "metadata": {"url": "u"}},
        {"id": 4, "title": "Di", "content": "Four.", "source": "News", "year": 1900},
        {"text": "Five."},
    ]
    assert found(write_lines(tmp_path / name, rows)) == [
        Document("a", "Ada", "One."),
        Document("b", "Bob", "Two."),
        Document("c", "Cy", "Three.", metadata={"url": "u"}),
        Document("4", "Di", "Four.", "News", {"year": 1900}),
        Document("4", "", "Five."),
    ]


def test_one_json_list_is_read(tmp_path):
    file = tmp_path / "docs.json"
    rows = [{"id": "a", "text": "One."}, {"id": "b", "text": "Two."}]
    for text in (json.dumps(rows), json.dumps(rows, indent=2), "\n\n" + json.dumps(rows)):
        file.write_text(text)
        assert [(r.line, r.found.id) for r in read_records(file)] == [(1, "a"), (2, "b")]
    file.write_text('[{"id": "a"')
    with pytest.raises(DataError, match="not JSON"):
        found(file)
    file.write_bytes(b'["\xff"]')
    with pytest.raises(DataError, match="not UTF-8"):
        found(file)


def test_text_is_brought_into_one_form(tmp_path):
    row = {"id": "a", "title": " Cafe\u0301\x00 ", "text": "\ufeffone\r\ntwo\rthree\x07 \n"}
    assert found(write_lines(tmp_path / "d.jsonl", [row])) == [
        Document("a", "Caf\u00e9", "one\ntwo\nthree")
    ]


def test_cleaning_keeps_what_is_text():
    assert clean("a\u2028b\tc\u0085d") == "a\u2028b\tc\u0085d"
    assert clean(clean("  x\r\r\n")) == clean("  x\r\r\n")


def test_separators_inside_a_text_are_no_line_ends(tmp_path):
    rows = [{"id": "a", "text": "one\u2028two\u0085three"}]
    path = tmp_path / "d.jsonl"
    path.write_bytes(json.dumps(rows[0], ensure_ascii=False).encode() + b"\n")
    assert [d.text for d in found(path)] == ["one\u2028two\u0085three"]


@pytest.mark.parametrize(
    "line, kind, message",
    [
        (b'{"id": "x", "text": "\xff"}', "not UTF-8", ":2: not UTF-8"),
        (b'{"id": "x", "text"', "not JSON", ":2: not JSON"),
        (b"[" * 100_000, "not JSON", ":2: not JSON"),
        (b'{"id": "x", "text": "\\ud800"}', "not JSON", ":2: not JSON"),
        (b'"just a string"', "no document", "is a str, not a record"),
        (b'{"id": "x", "title": "T"}', "no document", "has no 'text'"),
        (b'{"id": "x", "text": 5}', "no document", "is a int, not a string"),
        (b'{"id": "", "text": "t"}', "no document", "'id' is ''"),
        (b'{"id": "x", "text": " \\u0000\\n"}', "empty", "'x' has no text"),
        (b'{"id": "x", "title": "T", "text": ""}', "empty", "Fill in or remove it"),
    ],
)
def test_a_bad_record_is_a_problem_with_its_place(tmp_path, line, kind, message):
    path = write_lines(tmp_path / "d.jsonl", [{"id": "a", "text": "One."}, line, {"text": "Two."}])
    first, problem, last = found(path)
    assert isinstance(problem, Problem) and problem.kind == kind
    assert message in problem.message and "d.jsonl:2" in problem.message
    assert isinstance(first, Document) and isinstance(last, Document)


def test_reading_continues_after_a_line(tmp_path):
    path = write_lines(tmp_path / "d.jsonl", [{"text": f"text {n}"} for n in range(9)])
    whole = list(read_records(path))
    assert list(read_records(path, after=5, named_from=5)) == whole[5:]


def test_blank_lines_and_a_byte_order_mark_are_no_records(tmp_path):
    path = write_lines(tmp_path / "d.jsonl", [b"\xef\xbb\xbf", {"text": "One."}, b"  ", b""])
    assert [record.line for record in read_records(path)] == [2]


def test_progress_is_the_bytes_of_the_file(tmp_path):
    path = write_lines(tmp_path / "d.jsonl", [{"text": f"text {n}"} for n in range(2500)])
    told = []
    list(read_records(path, progress=told.append))
    assert told == sorted(told) and told[-1] == path.stat().st_size and len(told) >= 3


def test_a_missing_file_is_refused(tmp_path):
    for path in (tmp_path / "none.jsonl", tmp_path, "a\0b"):
        with pytest.raises(DataError, match="Check the path"):
            found(path)


def test_a_file_cut_short_or_no_gzip_is_refused(tmp_path):
    whole = write_lines(tmp_path / "d.jsonl.gz", [{"text": f"text {n}"} for n in range(999)])
    content = whole.read_bytes()
    for broken in (content[: len(content) // 2], b"plain text", content[:20] + b"x" * 99):
        whole.write_bytes(broken)
        with pytest.raises(DataError, match="Fetch the file again"):
            found(whole)


def test_a_huge_file_is_not_held(tmp_path):
    path = tmp_path / "d.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        for n in range(5_000):
            stream.write(b'{"id": "%d", "text": "%s"}\n' % (n, b"x" * 1000))
    tracemalloc.start()
    assert sum(1 for _ in read_records(path)) == 5_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000, "5 MB of text must not be held"
