import os
import signal
import subprocess
import sys
import time

import pytest

from hopgym.benchmarks.locks import Lock
from hopgym.errors import ResultsError

HOLD = (
    "import sys, time; from pathlib import Path; from hopgym.benchmarks.locks import Lock; "
    "lock = Lock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
)


def test_a_second_holder_is_told_who_has_it(tmp_path):
    lock = Lock(tmp_path / "a.jsonl")
    with pytest.raises(ResultsError, match=rf"another run \(process {os.getpid()}\).*--out"):
        Lock(tmp_path / "a.jsonl")
    lock.release()
    Lock(tmp_path / "a.jsonl").release()


def test_different_files_have_different_locks(tmp_path):
    first, second = Lock(tmp_path / "a"), Lock(tmp_path / "b")
    first.release()
    second.release()
    assert list(tmp_path.iterdir()) == []


def test_releasing_twice_frees_nobody_else(tmp_path):
    first = Lock(tmp_path / "a")
    first.release()
    second = Lock(tmp_path / "a")
    first.release()
    with pytest.raises(ResultsError):
        Lock(tmp_path / "a")
    second.release()


def test_a_killed_holder_leaves_no_lock(tmp_path):
    path = tmp_path / "a.jsonl"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(ResultsError, match=f"process {holder.pid}"):
        Lock(path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            Lock(path).release()
            break
        except ResultsError:
            time.sleep(0.01)
    else:
        pytest.fail("the lock outlived its holder")
