from io import StringIO
from pathlib import Path

import msgspec
import pytest
import typer
from rich.console import Console

from hopgym.__main__ import build_app
from hopgym.benchmarks import sb3_gain
from hopgym.benchmarks.sb3_gain import ARMS, Plan, Play, measure, row_of, table

PLAN = Plan(Path("out"), 1000)


def test_the_arms_differ_in_the_head_alone():
    plain = PLAN.train("pointer", 1)
    stock = [
        word if word != str(PLAN.run("stock", 1)) else plain[5] for word in PLAN.train("stock", 1)
    ]
    assert stock == [*plain, *ARMS["stock"]]
    assert plain[5] == str(PLAN.run("pointer", 1))
    assert len({PLAN.run(arm, seed) for arm in ARMS for seed in range(3)}) == 3 * len(ARMS)


def test_the_commands_are_ones_that_hopgym_knows():
    words = PLAN.train("stock", 0)
    command = typer.main.get_command(build_app()).commands[words[0]].commands[words[1]]
    known = {flag for each in command.params for flag in [*each.opts, *each.secondary_opts]}
    assert {word for word in words if word.startswith("--")} <= known


def test_a_share_is_of_the_oracles_mean_return():
    oracle = Play({"a": 1.0, "b": 0.5}, {"a": 1.0, "b": 1.0})
    row = row_of("pointer", 2, Play({"a": 0.5, "b": 0.1}, {"a": 0.5, "b": 0.0}), oracle, 61.4)
    assert row.returns.mean == pytest.approx(0.3) and row.share == pytest.approx(0.4)
    assert row.fact_f1.mean == 0.25
    console = Console(width=120, record=True, file=StringIO())
    console.print(table([row_of("oracle", None, oracle, oracle, None), row]))
    text = console.export_text()
    assert "1.000" in text and "0.400" in text and "61" in text


def test_what_is_there_is_only_played(tmp_path, monkeypatch):
    plan, trained = Plan(tmp_path, 10), []

    def hopgym(words, console):
        trained.append(words)
        folder = Path(words[words.index("--output_dir") + 1])
        folder.mkdir(parents=True)
        (folder / "hopgym.json").write_bytes(msgspec.json.encode({"made": {"cpu_s": 3.0}}))

    monkeypatch.setattr(sb3_gain, "run_hopgym", hopgym)
    monkeypatch.setattr(sb3_gain, "make_agent", lambda folder: folder)
    monkeypatch.setattr(sb3_gain, "play", lambda agent: Play({"a": 0.5}, {"a": 1.0}))
    for _ in range(2):
        rows = measure(plan, 1, 1, Console(quiet=True))
    assert [(row.name, row.seed, row.cpu_s) for row in rows] == [
        ("oracle", None, None), ("random", None, None), ("pointer", 0, 3.0), ("stock", 0, 3.0)
    ]  # fmt: skip
    assert trained == [plan.train("pointer", 0), plan.train("stock", 0)]


@pytest.mark.parametrize("agent", ["oracle", "random"])
def test_play_tells_returns_question_by_question(agent, monkeypatch):
    from hopgym.agents.sb3.settings import SB3Settings

    small = SB3Settings.preset(
        "tiny-cpu", questions="world?entities=300&train=5&dev=2&test=4&hops=2"
    )
    monkeypatch.setattr(SB3Settings, "preset", lambda name: small)
    played = sb3_gain.play(agent)
    assert len(played.returns) == 4 and played.returns.keys() == played.fact_f1.keys()
    assert agent == "random" or set(played.fact_f1.values()) == {1.0}
