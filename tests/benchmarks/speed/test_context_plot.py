import pytest
from tiny_llms import needs_llms

needs_llms()
pytest.importorskip("matplotlib")

from hopgym.benchmarks.speed.context import Line  # noqa: E402
from hopgym.benchmarks.speed.context_plot import context_svg  # noqa: E402
from hopgym.benchmarks.speed.context_probe import Point  # noqa: E402


def line(name, kind):
    points = [Point(1.0, 0.5, 2**20, 10, 3), Point(2.0, 1.5, 2**22, 20, 3)]
    return Line(name, "Mamba", kind, [1024, 2048], points)


def test_each_kind_has_a_row_of_two_panels():
    lines = [line("Mamba", "plain"), line("Mamba, p=0", "compress"), line("Mamba", "train")]
    whole = context_svg(lines, 16)
    assert whole == context_svg(lines, 16) and whole.startswith("<svg")
    for words in ("compress, k=16", "a training step", "peak memory, MiB", "Mamba, p=0", "2k"):
        assert words in whole
    assert "prefers-color-scheme" in whole
    few = context_svg(lines[:1], 16)
    assert "training" not in few and "compress" not in few
