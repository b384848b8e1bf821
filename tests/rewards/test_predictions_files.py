import pytest

from hopgym.errors import DataError
from hopgym.rewards.predictions_files import field, read_file, texts


def read(tmp_path, text):
    (tmp_path / "f").write_text(text)
    content = read_file(tmp_path / "f")
    return content if isinstance(content, dict) else [value for _, value in content]


def test_lines_lists_and_objects_are_told_apart(tmp_path):
    record = {"prediction": "x", "answer": "y"}
    text = '{"prediction": "x", "answer": "y"}'
    assert read(tmp_path, text) == [record]
    assert read(tmp_path, f"\n{text}\n\n{text}\n") == [record, record]
    assert read(tmp_path, f"[{text},\n{text}]") == [record, record]
    assert read(tmp_path, '{\n "prediction": "x", "answer": "y"\n}') == [record]
    assert read(tmp_path, '{"a": "x",\n "b": "y"}') == {"a": "x", "b": "y"}
    assert read(tmp_path, '{"answer": {"a": "x"}}') == {"answer": {"a": "x"}}
    assert read(tmp_path, "") == []


def test_an_object_may_not_hold_one_id_with_two_answers(tmp_path):
    assert read(tmp_path, '{"a": "x", "a": "x"}') == {"a": "x"}
    for text in ('{"a": "x", "a": "y"}', '{"answer": {"a": "x", "a": "y"}}'):
        with pytest.raises(DataError, match="f: 'a' stands twice in one object, with 'x' and 'y'"):
            read(tmp_path, text)


def test_places_name_the_line_or_the_record(tmp_path):
    (tmp_path / "f").write_text('{"a": 1}\n\n{"a": 2}\n')
    assert [where.rpartition("/")[2] for where, _ in read_file(tmp_path / "f")] == ["f:1", "f:3"]
    (tmp_path / "f").write_text("[1, 2]")
    assert [where.rpartition("/")[2] for where, _ in read_file(tmp_path / "f")] == [
        "f record 1",
        "f record 2",
    ]


def test_a_missing_field_lists_those_there_are():
    assert field({"b": None}, ("a", "b"), "f:1") is None
    with pytest.raises(
        DataError, match=r"f:1: field `a` \(or b\) is missing. Add it. Its fields: c"
    ):
        field({"c": 1}, ("a", "b"), "f:1")


def test_answers_are_texts():
    assert texts([{"text": "x", "answer_start": 3}, 7], "f:1") == ("x", "7")
    with pytest.raises(DataError, match="f:1: an answer must be text or a list of texts"):
        texts([{"answer": "x"}], "f:1")
