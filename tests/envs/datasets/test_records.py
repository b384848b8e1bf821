import gzip

import pytest

from hopgym.envs.datasets.records import CURE, Record, first_record, read_values
from hopgym.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

ROWS = [{"id": 1, "a": "\u2028 and \x85"}, {"id": 2}]


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("r.jsonl", '{"id": 1, "a": "\u2028 and \x85"}\n\n{"id": 2}', [":1", ":3"]),
        ("r.jsonl.gz", '{"id": 1, "a": "\u2028 and \x85"}\r\n{"id": 2}\r\n', [":1", ":2"]),
        (
            "r.json",
            '\ufeff [\n{"id": 1, "a": "\u2028 and \x85"},\n{"id": 2}]',
            [" record 1", " record 2"],
        ),
        (
            "r.json.gz",
            '[{"id": 1, "a": "\u2028 and \x85"}, {"id": 2}]',
            [" record 1", " record 2"],
        ),
    ],
)
def test_lists_and_lines_zipped_or_not_are_read_with_their_places(tmp_path, name, text, places):
    path = tmp_path / name
    path.write_bytes(
        gzip.compress(text.encode(), mtime=0) if name.endswith(".gz") else text.encode()
    )
    assert list(read_values(path)) == [
        (f"{path}{place}", row) for place, row in zip(places, ROWS, strict=True)
    ]
    assert first_record(path) == ROWS[0]


def test_a_broken_line_is_yielded_for_the_caller_to_skip(tmp_path):
    (tmp_path / "r.jsonl").write_text('{"id": 1}\n{"id": \n{"id": 3}\n')
    (_, first), (place, broken), (_, third) = read_values(tmp_path / "r.jsonl")
    assert (first, third) == ({"id": 1}, {"id": 3})
    assert place.endswith("r.jsonl:2") and isinstance(broken, DataError)
    assert "r.jsonl:2: not JSON" in str(broken) and "Mend or remove" in str(broken)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("half.json", b'[{"id": 1}, {"id"', r"half.json: not JSON .* Mend or remove"),
        (
            "cut.jsonl.gz",
            gzip.compress(b'{"id": 1}\n' * 9, mtime=0)[:-12],
            "cut.jsonl.gz: could not be read",
        ),
        ("latin.jsonl", b'{"a": "\xe9"}\n', "latin.jsonl:1: not UTF-8 .* Save the file as UTF-8"),
        ("none.jsonl", None, "No file '.*none.jsonl'. Check the path"),
    ],
)
def test_a_broken_file_is_named_with_its_cure(tmp_path, name, data, message):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=message):
        list(read_values(tmp_path / name))


@pytest.mark.parametrize("text", ["", "\n \n", "[]", "[1]", "3\n"])
def test_a_file_without_objects_has_no_first_record(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(DataError, match=r"r.json holds no JSON objects. Questions are"):
        first_record(tmp_path / "r.json")


def test_the_first_record_is_found_behind_a_broken_one(tmp_path):
    (tmp_path / "r.jsonl").write_text('{"id": \n{"id": 2}\n')
    assert first_record(tmp_path / "r.jsonl") == {"id": 2}
    (tmp_path / "r.jsonl").write_text('{"id": \n{"id"\n')
    with pytest.raises(DataError, match=r"r.jsonl:1: not JSON"):
        first_record(tmp_path / "r.jsonl")


def test_fields_are_read_as_what_they_should_be():
    record = Record({"n": 7, "s": " x ", "l": ["a ", "2", "a"], "none": None}, "here")
    assert (record.id("n"), record.id("id", "s"), record.text("id", "s")) == ("7", "x", "x")
    assert (record.texts("s"), record.texts("l")) == (("x",), ("a", "2"))
    assert (record.ids("l"), record.ids("other")) == (("a", "2"), ())
    assert record.list("l") == ["a ", "2", "a"]
    assert "n" in record and "none" not in record and "other" not in record
    assert (record.get("n"), record.get("none", "d"), record.get("other", "d")) == (7, "d", "d")


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda r: r.text("id", "_id"), r"here: field `id` \(or `_id`\) is missing"),
        (lambda r: r.text("none"), "here: field `none` is missing"),
        (lambda r: r.text("blank"), "here: field `blank` must be text, not ' '"),
        (lambda r: r.text("true"), "here: field `true` must be text, not True"),
        (lambda r: r.text("n"), "here: field `n` must be text, not 7"),
        (lambda r: r.texts("n"), "here: field `n` must be text or a list of texts, not 7"),
        (lambda r: r.id("id", "true"), "here: field `true` must be text or a whole number, not T"),
        (lambda r: r.ids("n"), "here: field `n` must be a list of ids, not 7"),
        (lambda r: r.texts("empty"), r"`empty` must be text or a list of texts, not \[\]"),
        (lambda r: r.texts("mixed"), r"`mixed` must be text or a list of texts, not \['a', None\]"),
        (lambda r: r.list("blank"), "`blank` must be a list, not ' '"),
        (lambda r: r.list("blank", "a list of steps"), "`blank` must be a list of steps"),
    ],
)
def test_a_bad_field_is_named_with_its_place_and_cure(read, message):
    values = {"n": 7, "blank": " ", "true": True, "empty": [], "mixed": ["a", None], "none": None}
    with pytest.raises(DataError, match=message) as caught:
        read(Record(values, "here"))
    assert str(caught.value).endswith(f" {CURE}") and "`?strict=false`" in CURE


def test_a_record_must_be_an_object():
    with pytest.raises(DataError, match=r"f:3: a record must be a JSON object, not \[1\]. Mend it"):
        Record([1], "f:3")
