"""`hopgym train refrag`: flags as fields, and a last word that can be run."""

from collections import namedtuple
from pathlib import Path

import typer
from typer.testing import CliRunner

from hopgym.__main__ import build_app
from hopgym.agents.refrag import cli
from hopgym.agents.refrag.cli import summary
from hopgym.agents.refrag.settings import RefragSettings

Told = namedtuple("Told", "folder collected supervised rl")
Collected = namedtuple("Collected", "accepted")
Supervised = namedtuple("Supervised", "loss")
RL = namedtuple("RL", "best alarm")
Best = namedtuple("Best", "score")
Alarm = namedtuple("Alarm", "reason")


def test_flags_are_fields_and_win_over_a_preset(monkeypatch) -> None:
    seen = []
    monkeypatch.setattr(cli, "run", seen.append)
    train = typer.Typer()
    train.callback()(lambda: None)
    cli.add_command(train)
    flags = ["--preset", "hybrid-cpu", "--block_pattern", "T,T,M,M", "--algorithm", "ppo"]
    done = CliRunner().invoke(train, ["refrag", *flags, "--hops", "4"])
    assert done.exit_code == 0, done.output
    made = seen[0]
    assert (made.block_pattern, made.algorithm, made.hops) == ("T,T,M,M", "ppo", 4)
    assert made.episodes == 20_000


def test_it_is_among_the_learners() -> None:
    done = CliRunner().invoke(build_app(), ["train", "refrag", "--help"])
    assert done.exit_code == 0 and "--block_pattern" in done.output


def test_the_summary_says_what_came_and_what_to_do_next() -> None:
    told = Told(Path("runs/x"), Collected(7), Supervised(0.5), RL(Best(0.25), Alarm("It fell.")))
    settings = RefragSettings(questions="world?hops=2", hops=2, output_dir="runs/x")
    lines = summary(settings, told)
    assert lines == [
        "Wrote runs/x: 7 episodes of the teacher, supervised loss 0.5000, em 25.0 after RL's best "
        "step.",
        "The guard stopped it. It fell.",
        "Next: hopgym bench --envs hopgym/RAG-v0 --questions 'world?hops=2' --set hops=2 --set "
        "max_steps=2 --set generator=agent --set top_k=2 --agents runs/x",
    ]
