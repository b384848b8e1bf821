import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hopgym.benchmarks.faults.life import Life
from hopgym.errors import ConfigError

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def told(log, seconds=30):
    end = time.monotonic() + seconds
    while not log.read_text().endswith("\n") and time.monotonic() < end:
        time.sleep(0.01)
    return log.read_text()


def is_gone(pid, seconds=30):
    """Whether a process ends, or is only waited for by whoever took it over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_an_end_of_its_own(tmp_path):
    with Life(
        [sys.executable, "-c", "print('a'); raise SystemExit(3)"], tmp_path / "log", {}
    ) as it:
        assert it.wait(60) == 3
        assert not it.kill()
    assert it.status == 3 and it.complaint() == "ended with status 3: a"


def test_variables_are_given(tmp_path):
    words = [sys.executable, "-c", "import os; print(os.environ['TOLD'])"]
    with Life(words, tmp_path / "log", {"TOLD": "yes"}) as it:
        it.wait(60)
    assert it.last_words() == "yes"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_a_kill_takes_the_whole_group(tmp_path):
    with Life([sys.executable, "-c", PARENT], tmp_path / "log", {}) as it:
        child = int(told(tmp_path / "log"))
        assert it.kill() and it.status == -signal.SIGKILL
    assert is_gone(child)


HARNESS = """
import sys, time
from pathlib import Path
from hopgym.benchmarks.faults.life import Life, mortal
with mortal(), Life([sys.executable, "-c", "import time; time.sleep(60)"], Path("log"), {}) as it:
    print(it.process.pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_no_life_outlives_whoever_is_told_to_end(tmp_path):
    harness = subprocess.Popen(
        [sys.executable, "-c", HARNESS], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    pid = int(harness.stdout.readline())
    harness.terminate()
    assert harness.wait(60) == 128 + signal.SIGTERM
    assert is_gone(pid)


def test_no_such_program(tmp_path):
    with pytest.raises(ConfigError, match=r"'no-such-program' cannot be started \(No such file"):
        Life(["no-such-program"], tmp_path / "log", {})
