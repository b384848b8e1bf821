import json
import sys

import pytest

from hopgym.benchmarks.speed import env_steps
from hopgym.benchmarks.speed.peers import PEERS

TINY = ["--documents", "40", "--num-envs", "1", "4", "--rounds", "2", "--seconds", "0"]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What a tiny run with one fake peer, one failing peer and two missing peers writes."""
    folder = tmp_path_factory.mktemp("peers")
    sides = json.dumps({"sides": [{"search": "null", "name": "GEM QaEnv + SearchTool", "envs": 1}]})
    plays = f"import sys\nsys.stdin.readline()\nprint({sides!r}, flush=True)\n"
    plays += "for _ in sys.stdin: print('{\"costs\": [[300, 1.0, 1.0]]}', flush=True)"
    for name, code in {"gem": plays, "skyrl": "raise SystemExit(1)"}.items():
        python = folder / name / "bin" / "python"
        python.parent.mkdir(parents=True)
        (folder / f"{name}.py").write_text(code)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder / name}.py"\n')
        python.chmod(0o755)
    file = folder / "speed.json"
    env_steps.main([*TINY, "--peers", str(folder), "--json", str(file)])
    return json.loads(file.read_text())


@pytest.mark.slow
def test_every_side_has_its_row(told):
    rows = [(row["name"], row["search"], row["envs"]) for row in told["steps"]]
    assert rows == [
        ("Gymnasium, no-op text env", "null", 1),
        ("SearchRead", "null", 1),
        ("SearchRead, native vector", "null", 1),
        ("SearchRead, native vector", "null", 4),
        ("Gymnasium async, Text(20,000), shared memory", "null", 8),
        ("Gymnasium async, Text(20,000), pipes", "null", 8),
        ("SearchRead in Gymnasium async, pipes", "null", 8),
        ("SearchRead", "BM25 40", 1),
        ("SearchRead, native vector", "BM25 40", 1),
        ("SearchRead, native vector", "BM25 40", 4),
        ("GEM QaEnv + SearchTool", "null", 1),
        ("skyrl", "null", 1),
        ("textarena", "null", 1),
        ("openenv", "null", 1),
    ]


def test_figures_are_there_or_the_reason_why_not(told):
    for row in told["steps"]:
        assert bool(row["failure"]) == (row["per_wall"] is None)
        assert "async" in row["name"] or bool(row["failure"]) == (row["per_cpu"] is None)
    failures = {row["name"]: row["failure"] for row in told["steps"] if row["failure"]}
    assert failures == {
        "skyrl": "ended without an answer",
        "textarena": "not installed (no textarena/bin/python)",
        "openenv": "not installed (no openenv/bin/python)",
    }


def test_ratios_are_against_gem_and_only_with_its_search(told):
    ratios = {
        row["name"]: row["times_reference"] for row in told["steps"] if row["search"] == "null"
    }
    assert ratios["GEM QaEnv + SearchTool"] == 1.0
    assert ratios["SearchRead"] > 0
    assert all(row["times_reference"] is None for row in told["steps"] if row["search"] != "null")


def test_queries_and_lengths_are_measured(told):
    assert [(row["documents"], row["envs"]) for row in told["queries"]] == [(40, 1), (40, 4)]
    assert all(row["ratio"] > 0 and row["bare_ms"] > 0 for row in told["queries"])
    assert [round(row["chars"], -3) for row in told["lengths"]] == [2_000, 8_000, 32_000]
    assert told["lengths"][0]["times_shortest"] == 1.0


def test_without_peers_no_peer_is_mentioned(capsys):
    env_steps.main(["--documents", "--num-envs", "1", "--rounds", "1", "--seconds", "0"])
    shown = capsys.readouterr().out
    assert "SearchRead" in shown and "GEM Qa" not in shown and "BM25" not in shown


def test_the_job_is_json_and_whole():
    job = json.loads(json.dumps(env_steps.make_job(5)))
    assert len(job["documents"]) == 5
    assert {len(episode) for episode in job["episodes"]} == {3}
    assert all(question["question"] and question["answer"] for question in job["questions"])
    assert env_steps.make_job(0)["documents"] == []


def test_every_peer_is_looked_for(tmp_path):
    found = list(env_steps.peer_processes(tmp_path, []))
    assert [entrant.rows[0].label.name for entrant in found] == list(PEERS)


@pytest.mark.parametrize("given", [["--rounds", "0"], ["--num-envs", "two"], ["--documents", "-1"]])
def test_bad_numbers_are_refused(given, capsys):
    with pytest.raises(SystemExit):
        env_steps.main(given)
    assert f"'{given[1]}' is no whole number from 1" in capsys.readouterr().err
