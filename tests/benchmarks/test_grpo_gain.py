from pathlib import Path

import pytest
import typer
from tiny_llms import needs_llms
from typer.testing import CliRunner

from hopgym.__main__ import build_app
from hopgym.benchmarks import grpo_gain
from hopgym.benchmarks.grpo_gain import ARMS, STARTS, Env, Plan
from hopgym.benchmarks.study import DAG_SEARCH, SEARCH_READ

needs_llms()


def plan(start=DAG_SEARCH):
    return Plan(Path("out"), "model", start, 48)


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_the_arms_differ_in_their_rewards_alone(start):
    made = plan(start)
    plain = made.train("grpo", 1)
    for arm, flags in ARMS.items():
        words = [str(made.run(arm, 1)) if w == str(made.run("grpo", 1)) else w for w in plain]
        assert made.train(arm, 1) == [*words, *flags]
    folders = {made.run(arm, seed) for arm in ARMS for seed in range(3)}
    assert len(folders) == 3 * len(ARMS)


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_it_trains_in_the_environment_of_its_start(start):
    words = plan(start).train("grpo", 0)
    assert words[words.index("--env_id") + 1] == start.env_id
    given = [words[place + 1] for place, word in enumerate(words) if word == "--env_set"]
    assert tuple(given) == start.env_set


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_the_commands_are_ones_that_hopgym_knows(start):
    commands = typer.main.get_command(build_app())
    made = plan(start)
    lessons = [words for _, taught in made.lessons() for words in taught]
    for words in (*lessons, made.train("shuffled rewards", 0)):
        command = commands.commands[words[0]].commands[words[1]]
        known = {flag for each in command.params for flag in [*each.opts, *each.secondary_opts]}
        assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize(
    ("flags", "starts"),
    [([], [SEARCH_READ, DAG_SEARCH]), (["--env", "dag_search"], [DAG_SEARCH])],
)
def test_each_environment_gets_a_folder_of_its_own(monkeypatch, tmp_path, flags, starts):
    made = []
    monkeypatch.setattr(grpo_gain, "measure", lambda plan, *rest: made.append(plan) or [])
    monkeypatch.setattr(grpo_gain, "report", lambda *rest: None)
    app = typer.Typer()
    app.command()(grpo_gain.main)
    done = CliRunner().invoke(app, ["--out", str(tmp_path), "--steps", "8", *flags])
    assert done.exit_code == 0, done.output
    assert [each.start for each in made] == starts
    names = {start.env_id: str(env) for env, start in STARTS.items()}
    assert [each.out for each in made] == [tmp_path / names[each.start.env_id] for each in made]
    assert {each.steps for each in made} == {8}
    assert Env.BOTH not in STARTS
