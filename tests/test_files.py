import gzip

import pytest

from hopgym.errors import DataError
from hopgym.files import atomic_write, fingerprint, read_jsonl, read_lines, read_text, write_jsonl


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_lines_are_split_on_line_feeds_alone(tmp_path, name):
    records = [{"text": "a\u2028b\u0085c"}, {"text": "é"}]
    assert write_jsonl(tmp_path / name, records) == 2
    assert [value for _, value in read_jsonl(tmp_path / name)] == records


def test_compressed_bytes_depend_on_the_content_alone(tmp_path):
    for name in ("a.gz", "b.gz"):
        write_jsonl(tmp_path / name, [1])
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == b"1\n"
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_write(file) as stream:
        stream.write(b"half")
        raise ZeroDivisionError
    assert file.read_text() == "old" and list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_read_is_named_with_its_line(tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'{"a": 1}\n\n{broken\n')
    with pytest.raises(DataError, match=r"a.jsonl:3: not JSON"):
        list(read_jsonl(file))
    file.write_bytes(b"good\n\xff\n")
    with pytest.raises(DataError, match=r"a.jsonl:2: not UTF-8"):
        read_text(file)
    with pytest.raises(DataError, match="No file"):
        read_text(tmp_path / "none")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"x" * 1000)[:20])
    with pytest.raises(DataError, match=r"cut.gz: could not be read"):
        read_text(tmp_path / "cut.gz")


def test_a_byte_order_mark_is_no_content(tmp_path):
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfx\n")
    assert list(read_lines(tmp_path / "a")) == ["x\n"]


def test_a_fingerprint_ignores_the_order_of_keys_alone():
    assert fingerprint([{"a": 1, "b": 2}]) == fingerprint([{"b": 2, "a": 1}])
    assert fingerprint([1, 2]) != fingerprint([2, 1])
