import json

import pytest
from rich.console import Console
from tiny_llms import needs_llms

needs_llms()

from hopgym.benchmarks import ppo_iteration  # noqa: E402
from hopgym.benchmarks.speed import context  # noqa: E402
from hopgym.benchmarks.speed.context_probe import PATTERNS, Plan, Point  # noqa: E402

linux = pytest.mark.skipif(not ppo_iteration._FORGET.exists(), reason="/proc is Linux's")


def fake(plan):
    """Figures that follow from the plan."""
    read = plan.tokens if plan.expand is None else plan.tokens / plan.k + plan.expand * plan.tokens
    return Point(read / 1000, read / 2000, int(read * 1000), int(read), 3_000_000)


@pytest.fixture
def faked(monkeypatch):
    asked = []
    monkeypatch.setattr(context, "measured", lambda plan: asked.append(plan) or fake(plan))
    return asked


def test_every_way_of_reading_is_measured_in_every_round(faked):
    report = context.measure(rounds=2, lengths=[64, 128], train_lengths=[64])
    names = [(line.name, line.kind) for line in report.lines]
    assert names[:3] == [(name, "plain") for name in PATTERNS]
    compressed = [name for name, kind in names if kind == "compress"]
    assert compressed == [
        "transformer, p=0", "transformer, p=0.25", "transformer, p=0, precomputed",
        "transformer, p=0.25, precomputed",
    ]  # fmt: skip
    assert len([1 for _, kind in names if kind == "train"]) == 6
    assert len(faked) == 2 * len(set(faked)) == 2 * (7 * 2 + 6)
    assert faked[: len(faked) // 2] != faked[len(faked) // 2 :]


def test_the_command_prints_tables_and_writes_plot_and_file(faked, tmp_path, capsys):
    svg, file = tmp_path / "context.svg", tmp_path / "context.json"
    words = ["--lengths", "1024", "2048", "--rounds", "1", "--svg", str(svg), "--json", str(file)]
    context.main(words)
    shown = capsys.readouterr().out
    assert "peak memory, MiB" in shown and "a training step" in shown
    assert "times the CPU seconds" in shown and "16.0, 16.0" in shown
    assert svg.read_text().startswith("<svg") and "precomputed" in svg.read_text()
    assert json.loads(file.read_text())["lines"][0]["points"][0]["columns"] == 1024


def test_without_compress_or_training_there_are_fewer_tables(faked):
    report = context.measure(rounds=1, lengths=[64], train_lengths=[], compress=[])
    console = Console(width=120, record=True)
    assert len(list(context.tables(report))) == 4 and {li.kind for li in report.lines} == {"plain"}
    console.print(*context.tables(report))


@pytest.mark.slow
@linux
def test_a_measurement_has_a_process_of_its_own():
    told = context.measured(Plan(decoder="transformer", tokens=64))
    assert told.seconds > 0 and told.columns == 96
    with pytest.raises(RuntimeError, match="Measuring Plan"):
        context.measured(Plan(decoder="nothing", tokens=64))
