"""`hopgym bench` as a real process that is killed for real."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from boards import results

ENV = "hopgym/SearchRead-v0"

SLOW = """
import os
import time
from hopgym.agents.iterative import IterativeAgent
from hopgym.agents.random_agent import RandomAgent

class Slow(IterativeAgent):
    name = "slow"
    def act(self, observations, infos):
        time.sleep(float(os.environ["PAUSE"]))
        return super().act(observations, infos)

class Dice(RandomAgent):
    name = "dice"
    def act(self, observations, infos):
        time.sleep(float(os.environ["PAUSE"]))
        return super().act(observations, infos)
"""


def start_bench(folder, pause=0.1):
    """Start `hopgym bench` in a folder; the command is the same in every folder."""
    folder.mkdir(exist_ok=True)
    (folder / "slow.py").write_text(SLOW)
    options = "--seeds 0,1 --episodes 40 --agents slow.py:Slow,slow.py:Dice --out out"
    questions = ["--questions", "world?entities=300", "--envs", ENV]
    return subprocess.Popen(
        [sys.executable, "-m", "hopgym", "bench", *questions, *options.split()],
        cwd=folder,
        env={**os.environ, "PAUSE": str(pause)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def whole_lines(folder):
    return [
        line
        for path in sorted((folder / "out").glob("*.jsonl"))
        for line in path.read_bytes().splitlines(keepends=True)
        if line.endswith(b"\n")
    ]


def kill_at_random(folder, most, rng):
    """Start a run and kill it when it has played some episodes; return whether it still ran."""
    lines = len(whole_lines(folder)) + rng.randint(0, most)
    process = start_bench(folder)
    while process.poll() is None and len(whole_lines(folder)) < lines:
        time.sleep(0.002)
    time.sleep(rng.uniform(0, 0.3))
    process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL


def kill_and_finish(folder, kills, rng):
    """Kill runs, then let one finish; return how many kills hit, and how many lines they left."""
    hits = 0
    for _ in range(kills):
        before = whole_lines(folder)
        hits += kill_at_random(folder, 160 // (kills + 2), rng)
        assert set(before) <= set(whole_lines(folder)), "a kill lost what was kept"
    before = whole_lines(folder)
    finished = start_bench(folder, pause=0)
    told, _ = finished.communicate(timeout=120)
    assert finished.returncode == 0 and f"{len(before)} kept from before" in told
    assert set(before) <= set(whole_lines(folder)), "an episode was played again"
    return hits, len(before)


def check_kills(tmp_path, kills, seed):
    alone = start_bench(tmp_path / "alone", pause=0)
    hits, kept = kill_and_finish(tmp_path / "killed", kills, random.Random(seed))
    alone.communicate(timeout=120)
    assert alone.returncode == 0
    expected = results(tmp_path / "alone" / "out")
    assert [len(rows) for rows in expected.values()] == [80, 80]
    assert results(tmp_path / "killed" / "out") == expected
    left = {path.name for path in (tmp_path / "killed" / "out").iterdir()}
    assert left == set(expected), "a killed run left rubbish"
    return hits, kept


def test_a_killed_run_ends_like_an_undisturbed_one(tmp_path):
    hits, kept = check_kills(tmp_path, kills=2, seed=1)
    assert hits == 2 and kept > 0, "no kill has hit a run that played"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_run_killed_ten_times_ends_like_an_undisturbed_one(tmp_path, seed):
    hits, kept = check_kills(tmp_path, kills=10, seed=seed)
    assert hits >= 8 and kept > 80, "the kills have not struck where it matters"


@pytest.mark.slow
def test_two_commands_do_not_write_into_one_folder(tmp_path):
    first = start_bench(tmp_path, pause=0.3)
    try:
        while first.poll() is None and not whole_lines(tmp_path):
            time.sleep(0.002)
        second = start_bench(tmp_path, pause=0)
        _, told = second.communicate(timeout=120)
        assert first.poll() is None and second.returncode == 2
    finally:
        first.kill()
        first.communicate()
    assert f"another run (process {first.pid})" in " ".join(told.split())
    assert "Traceback" not in told
    finished = start_bench(tmp_path, pause=0)  # the killed one holds no lock
    finished.communicate(timeout=120)
    assert finished.returncode == 0
    assert [len(rows) for rows in results(tmp_path / "out").values()] == [80, 80]
