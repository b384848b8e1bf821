from pathlib import Path

import pytest
import typer
from tiny_llms import needs_llms
from typer.testing import CliRunner

from hopgym.__main__ import build_app
from hopgym.agents.refrag.settings import RefragSettings
from hopgym.agents.refrag.stages import env_set
from hopgym.benchmarks import refrag_gain
from hopgym.benchmarks.gains import QUESTIONS
from hopgym.benchmarks.refrag_gain import (
    ONCE,
    RECURSIVE,
    Arm,
    ControlledPlan,
    Plan,
    over,
    play,
    table,
)
from hopgym.envs.datasets import make_questions

needs_llms()


def plan(out="out"):
    return Plan(Path(out), "tiny", RECURSIVE, 12)


def words_of(made, name):
    return {folder.name: commands[0] for folder, commands in made.lessons()}[name]


def given(words, flag):
    return words[words.index(flag) + 1]


def test_both_ways_of_retrieving_have_one_budget():
    settings = RefragSettings()
    assert settings.hops * settings.top_k == ONCE["hops"] * ONCE["top_k"] == 6
    assert env_set(settings) == RECURSIVE.env_set
    single = words_of(plan(), "single")
    assert (given(single, "--hops"), given(single, "--top_k")) == ("1", "6")


def test_the_weak_start_is_the_policy_spoilt_and_every_run_begins_there():
    made = plan()
    assert given(words_of(made, "weak"), "--model_name") == str(made.policy)
    assert given(made.train("grpo", 0), "--model_name") == str(made.weak)
    controlled = ControlledPlan(*(getattr(made, name) for name in ("out", "model", "start")), 12)
    plain, shuffled = (controlled.train(arm, 1) for arm in controlled.arms)
    assert plain == made.train("grpo", 1)
    assert shuffled[-2:] == ["--control", "shuffled"] and len(shuffled) == len(plain) + 2


def test_the_commands_are_ones_that_hopgym_knows():
    made = plan()
    command = typer.main.get_command(build_app()).commands["train"].commands["refrag"]
    known = {flag for each in command.params for flag in [*each.opts, *each.secondary_opts]}
    lessons = [words for _, commands in made.lessons() for words in commands]
    for words in (*lessons, made.train("grpo", 0)):
        assert words[:2] == ["train", "refrag"]
        assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.slow
def test_scripted_arms_are_played_on_two_hops_alone():
    arm = play("once", "single_shot", ONCE)
    two = [q.id for q in make_questions(QUESTIONS).questions("test") if len(q.hops) == 2]
    assert sorted(arm.em) == sorted(two)
    assert max(arm.documents.values()) <= 6


def test_arms_are_compared_question_by_question():
    ids = [str(n) for n in range(40)]
    shown = dict.fromkeys(ids, 6.0)
    none, half, all_ = (
        Arm(name, {id: float(n < right) for n, id in enumerate(ids)}, shown)
        for name, right in (("none", 0), ("half", 20), ("all", 40))
    )
    assert over(all_, half).mean == 0.5
    laid = table([none, half, all_])
    assert laid.columns[3].header == "Over half" and laid.row_count == 3
    assert list(laid.columns[3].cells)[1] == ""


def test_all_is_made_marked_and_kept(monkeypatch, tmp_path):
    seen = {}
    monkeypatch.setattr(refrag_gain, "measure", lambda plan, *rest: seen.update(plan=plan) or [])
    monkeypatch.setattr(refrag_gain, "report", lambda *rest: None)
    arms = [Arm(name, {"a": float(n)}, {"a": 6.0}) for n, name in enumerate(("x", "y", "z"))]
    monkeypatch.setattr(refrag_gain, "compare", lambda plan, seeds: arms)
    app = typer.Typer()
    app.command()(refrag_gain.main)
    done = CliRunner().invoke(app, ["--out", str(tmp_path), "--updates", "3"])
    assert done.exit_code == 0, done.output
    assert seen["plan"].updates == 3 and (tmp_path / "arms.json").is_file()
    assert "Questions of two hops" in done.output
