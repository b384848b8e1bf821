import sys

import pytest

from hopgym.benchmarks.speed.peer_process import PeerProcess
from hopgym.benchmarks.speed.rounds import Cost, Label, race

PLAYS = """
import json, sys
job = json.loads(sys.stdin.readline())
sides = [{"search": "null", "name": "Fake", "envs": 1}, {"search": "bm25", "name": "Fake", "envs": 8}]
print(json.dumps({"sides": sides}), flush=True)
for line in sys.stdin:
    print(json.dumps({"costs": [[job["steps"], 1.0, 2.0], [len(sys.argv), 1.0, 1.0]]}), flush=True)
"""
SAYS_WHY = 'print(\'{"error": "ModuleNotFoundError: no fake"}\', flush=True)'
DIES = "raise SystemExit(3)"
SLEEPS = "import time; time.sleep(60)"
PLAYS_ONCE = PLAYS.replace("for line in sys.stdin:", "for line in [sys.stdin.readline()]:")
RAMBLES = 'print("hello", flush=True)'


@pytest.fixture
def peer(tmp_path):
    """Makes an entrant whose interpreter runs the given code, whatever script it is told to run."""

    def make(code, **keywords):
        (tmp_path / "fake.py").write_text(code)
        python = tmp_path / "python"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path}/fake.py" "$@"\n')
        python.chmod(0o755)
        return PeerProcess("fake", python, {"steps": 30}, "BM25 50", **keywords)

    return make


def test_a_peer_fills_a_row_for_each_of_its_sides(peer):
    rows = race([peer(PLAYS)], rounds=2, seconds=0.0)
    assert [row.label for row in rows] == [Label("Fake", "null", 1), Label("Fake", "BM25 50", 8)]
    assert rows[0].costs == [Cost(30, 1.0, 2.0)] * 2
    assert rows[1].costs[0].steps == 3  # it was told a script and a name
    assert [row.failure for row in rows] == ["", ""]


def test_a_missing_peer_is_a_row_that_says_so(tmp_path):
    (row,) = race([PeerProcess("gem", tmp_path / "python", {})], rounds=2, seconds=0.0)
    assert (row.label.name, row.costs) == ("gem", [])
    assert row.failure == "not installed (no gem/bin/python)"


def test_an_interpreter_that_cannot_run_is_a_row(tmp_path):
    python = tmp_path / "python"
    python.write_text("no program")
    (row,) = race([PeerProcess("gem", python, {})], rounds=1, seconds=0.0)
    assert row.failure.startswith("cannot be started")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (SAYS_WHY, "ModuleNotFoundError: no fake"),
        (DIES, "ended without an answer"),
        (RAMBLES, "ended without an answer"),
    ],
)
def test_a_failing_peer_is_a_row_with_the_reason(peer, code, why):
    (row,) = race([peer(code)], rounds=2, seconds=0.0)
    assert (row.failure, row.per_cpu) == (why, None)


def test_a_peer_that_never_answers_is_given_up(peer):
    (row,) = race([peer(SLEEPS, patience=0.2)], rounds=2, seconds=0.0)
    assert row.failure == "did not answer within 0.2 seconds"


def test_a_peer_that_breaks_in_a_later_round_keeps_no_figures(peer):
    rows = race([peer(PLAYS_ONCE)], rounds=3, seconds=0.0)
    assert [row.failure for row in rows] == ["ended without an answer"] * 2
    assert [row.per_cpu for row in rows] == [None, None]


def test_the_process_is_gone_after_the_race(peer):
    entrant = peer(PLAYS)
    entrant.warm_up(0.0)
    process = entrant._process
    assert process.poll() is None
    entrant.close()
    entrant.close()
    assert process.poll() is not None
