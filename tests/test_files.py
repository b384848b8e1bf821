import errno
import gzip
import random
import subprocess
import sys

import pytest
from faulty_runs import fill, half_written, small_disk

from hopgym.errors import DataError
from hopgym.files import (
    atomic_write,
    fingerprint,
    read_jsonl,
    read_lines,
    read_text,
    sweep,
    why_not_written,
    write_jsonl,
)


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


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_full_disk_is_told_with_the_file_and_leaves_the_old_one(tmp_path, name):
    with small_disk(tmp_path / "disk", 1) as disk:
        file = disk / name
        write_jsonl(file, ["old"])
        fill(disk)
        with pytest.raises(OSError, match=rf"No space left on device: '.*{name}'") as caught:
            write_jsonl(file, (random.Random(n).random() for n in range(50_000)))
        assert why_not_written(caught.value).startswith("No space left on device: ")
        assert [value for _, value in read_jsonl(file)] == ["old"] and not half_written(disk)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(errno.ENOSPC, "No space"), "No space"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (Exception("I/O error: No space left on device (os error 28)"), "I/O error: No space"),
        (RuntimeError("PytorchStreamWriter failed writing file data/0"), "the disk is full"),
        (OSError(errno.EACCES, "Permission denied"), None),
        (Exception("(os error 2)"), None),
        (ValueError("PytorchStreamWriter"), None),
    ],
)
def test_why_a_file_was_not_written(error, why):
    found = why_not_written(error)
    assert found is None if why is None else found.startswith(why)


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


def test_what_a_killed_write_left_is_swept_away_and_nothing_else(tmp_path):
    kept = [tmp_path / name for name in ("a.json", ".a.json", ".notes.markdown", ".a.b.12345678")]
    for file in kept:
        file.write_text("mine")
    script = (
        "import os, signal, sys; from hopgym.files import atomic_write\n"
        "with atomic_write(sys.argv[1]) as stream:\n"
        "    stream.write(b'half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    for name in ("a.json", "b.json"):
        subprocess.run([sys.executable, "-c", script, tmp_path / name], check=False)
    assert len(list(tmp_path.iterdir())) == len(kept) + 2
    sweep(tmp_path, "b.json")
    assert len(list(tmp_path.iterdir())) == len(kept) + 1
    sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    sweep(tmp_path / "missing")
