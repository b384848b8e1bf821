import sqlite3
import subprocess
import sys

import pytest

from hopgym.errors import DataError, RewardError
from hopgym.rewards.judges.cache import FILE, Replies


def test_what_is_put_is_there_after_a_restart(tmp_path):
    first = Replies(tmp_path / "new" / "folder")
    first.put(b"a", "one")
    first.put(b"a", "two")
    first.close()
    second = Replies(tmp_path / "new" / "folder")
    assert second.get([b"a", b"b"]) == {b"a": "two"}
    second.close()


def test_many_are_read_at_once(tmp_path):
    replies = Replies(tmp_path)
    keys = [str(number).encode() for number in range(1201)]
    for key in keys[::2]:
        replies.put(key, key.decode())
    assert replies.get(keys) == {key: key.decode() for key in keys[::2]}
    assert replies.get([]) == {}
    replies.close()


WRITER = """
import sys
from hopgym.rewards.judges.cache import Replies
replies = Replies(sys.argv[1])
for number in range(200):
    replies.put(f"{sys.argv[2]}-{number}".encode(), "reply")
    replies.put(b"shared", "reply")
"""


def test_processes_share_a_file(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen([*command, name]) for name in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    keys = [f"{name}-{number}".encode() for name in "abc" for number in range(200)]
    replies = Replies(tmp_path)
    assert len(replies.get([*keys, b"shared"])) == 601
    replies.close()


def test_readers_do_not_wait_for_a_writer(tmp_path):
    replies = Replies(tmp_path)
    replies.put(b"a", "one")
    writer = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert replies.get([b"a"]) == {b"a": "one"}
    writer.close()
    replies.close()


def test_another_programs_file_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(DataError, match="is no cache of verdicts"):
        Replies(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    other.close()


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / FILE).write_bytes(b"no database " * 1000)
    with pytest.raises(DataError, match=rf"{FILE}: cannot be a cache of verdicts .*remove"):
        Replies(tmp_path)


def test_a_folder_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="Give another folder"):
        Replies(tmp_path / "file")


def test_a_file_that_fails_later_is_named(tmp_path):
    replies = Replies(tmp_path)
    replies.close()
    with pytest.raises(RewardError, match="the cache of verdicts failed"):
        replies.get([b"a"])
