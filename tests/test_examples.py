"""Every example script runs."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hopgym.benchmarks.bench import run_bench
from hopgym.benchmarks.suites import QUICK

ROOT = Path(__file__).resolve().parents[1]
EXPECTED = {
    "own_agent.py": "first_title: ",
    "own_reward.py": "is right: {",
    "own_questions.py": "flows into the Mere",
    "own_source.py": "Node H (Archive): [Shelf H] All about shelf H.",
    "own_training.py": "of 24 right",
    "own_environment.py": "turn 2: truncated=True",
    "grpo_script.py": "step 3: reward ",
    "sb3_script.py": "after 12000 steps: return 0.",
    "rag_inference.py": "Answer: ",
    "knowledge_base.py": "(3 hops): all gold documents found: True",
    "trained_model.py": "The answer: ",
}


TRAINS = {
    "own_training.py",
    "grpo_script.py",
    "sb3_script.py",
    "rag_inference.py",
    "trained_model.py",
}
SCRIPTS = [
    pytest.param(script, id=script.name, marks=[pytest.mark.slow] * (script.name in TRAINS))
    for script in sorted((ROOT / "examples").glob("*.py"))
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_script_runs(script, tmp_path):
    # Threads of a small model wait for each other where other tests run beside it.
    result = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert result.returncode == 0, result.stderr
    assert EXPECTED[script.name] in result.stdout


def test_an_agent_of_ones_own_joins_the_default_suite(tmp_path):
    agents = [f"{ROOT / 'examples/own_agent.py'}:{name}" for name in ("first_title", "Patient")]
    tasks = [replace(task, episodes=2) for task in QUICK.tasks]
    outcomes = run_bench(tasks, [*agents, "oracle"], tmp_path)
    played = {
        agent: {o.task for o in outcomes if o.agent == agent}
        for agent in {o.agent for o in outcomes}
    }
    assert "world" in played["first_title"] == played["patient"]
    assert "facts" not in played["first_title"] and "plans" not in played["first_title"]
    assert played["oracle"] == {task.name for task in tasks}
    assert not any(outcome.errors for outcome in outcomes)
