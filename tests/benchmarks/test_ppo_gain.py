import io
from pathlib import Path

import pytest
import typer
from rich.console import Console
from tiny_llms import needs_llms

from hopgym.__main__ import build_app
from hopgym.benchmarks import ppo_gain
from hopgym.benchmarks.ppo_gain import ARMS, Gain, Plan, table
from hopgym.benchmarks.stats import Interval
from hopgym.errors import HopgymError

needs_llms()
PLAN = Plan(Path("out"), "model", 12)


def test_the_arms_differ_in_their_algorithm_or_their_rewards_alone():
    plain = PLAN.train("ppo", 1)
    for arm, flags in ARMS.items():
        words = [str(PLAN.run(arm, 1)) if w == str(PLAN.run("ppo", 1)) else w for w in plain]
        assert PLAN.train(arm, 1) == [*words, *flags]
    folders = {PLAN.run(arm, seed) for arm in ARMS for seed in range(3)}
    assert len(folders) == 3 * len(ARMS)


def test_the_commands_are_ones_that_hopgym_knows():
    commands = typer.main.get_command(build_app())
    for words in (PLAN.collect(), PLAN.teach(), PLAN.train("rloo", 0)):
        command = commands.commands[words[0]].commands[words[1]]
        known = {flag for each in command.params for flag in [*each.opts, *each.secondary_opts]}
        assert {word for word in words if word.startswith("--")} <= known


def test_what_a_failed_command_said_is_told(tmp_path):
    console = Console(file=io.StringIO())
    with pytest.raises(HopgymError, match=r"(?s)hopgym train nothing failed.*nothing"):
        ppo_gain._hopgym(["train", "nothing"], console)


def test_the_table_has_a_row_for_each_run():
    interval = Interval(0.5, 0.4, 0.6, 100)
    gains = [Gain(arm, seed, *[interval] * 5) for seed in range(2) for arm in ARMS]
    console = Console(file=io.StringIO(), width=160)
    console.print(table(gains))
    shown = console.file.getvalue()
    assert shown.count("50.0 [40.0, 60.0]") == 5 * len(gains)
    assert shown.index("ppo") < shown.index("reinforce++") < shown.index("shuffled")


def test_marks_are_those_of_each_question(monkeypatch):
    monkeypatch.setattr(
        ppo_gain, "QUESTIONS", "world?entities=300&hops=1-2&train=20&test=12&dev=12"
    )
    found = ppo_gain.marks("oracle")
    assert len(found) == 12
    assert set(found.values()) == {1.0}


def test_gains_are_of_the_same_questions(monkeypatch):
    monkeypatch.setattr(ppo_gain, "two_hop_chains", lambda: ["a", "b"])
    before = {"a": 0.0, "b": 0.0, "c": 1.0, "d": 1.0}
    after = {"d": 1.0, "c": 0.0, "b": 1.0, "a": 1.0}
    gain = ppo_gain.gain_of("ppo", 0, before, after)
    assert (gain.before.mean, gain.after.mean, gain.gain.mean) == (0.5, 0.75, 0.25)
    assert (gain.chains_before.mean, gain.chains_after.mean) == (0.0, 1.0)


def test_chains_take_two_searches():
    questions = {q.id: q for q in ppo_gain.make_questions(ppo_gain.QUESTIONS).questions("test")}
    found = [questions[id] for id in ppo_gain.two_hop_chains()]
    assert len(found) == 150
    assert all(q.hops[1].needs == (0,) for q in found)
