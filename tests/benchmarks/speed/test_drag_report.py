import pytest

from hopgym.benchmarks.speed.drag_report import Epoch, Report, compare, groups, tables
from hopgym.benchmarks.speed.drag_workload import BUILT, PRODUCT, STEP, SUMMED
from hopgym.benchmarks.speed.rounds import Cost, Label, Row

WORK = {1: 300.0, 64: 200.0}
"""Millions of operations for a question."""


def rows(group):
    """Sides of known speed; the bare products make 1,000 million operations in a second."""
    sides = [
        (STEP, 1, Cost(1, 0.5, 1.0)),
        (STEP, 64, Cost(64, 16.0, 20.0)),
        (SUMMED, 16, Cost(16, 4.0, 8.0)),
        (BUILT, 64, Cost(64, 0.1, 0.1)),
        (PRODUCT, 1, Cost(2000, 1.0, 2.0)),
    ]
    return [Row(Label(name, group, batch), [cost] * 3) for name, batch, cost in sides]


def test_ratios_are_of_single_graphs_and_shares_of_bare_products():
    single, batch, summed, built = compare(rows("a"), WORK, "cpu")
    assert (single.per_cpu, single.per_wall) == (2, 1)
    assert single.times_cpu == single.times_wall == [1, 1, 1]
    assert batch.times_cpu == pytest.approx([2, 2, 2])
    assert batch.times_wall == pytest.approx([3.2, 3.2, 3.2])
    assert single.of_peak == pytest.approx(2 * 300 / 2000)
    assert batch.of_peak == pytest.approx(4 * 200 / 2000)
    assert summed.of_peak == pytest.approx(4 * 300 / 2000)  # it reads single graphs
    assert built.of_peak is None


def test_a_gpu_is_timed_by_the_clock_alone():
    single, batch, *_ = compare(rows("a"), WORK, "cuda:0")
    assert batch.per_cpu is single.times_cpu is None
    assert batch.times_wall == pytest.approx([3.2, 3.2, 3.2])
    assert batch.of_peak == pytest.approx(3.2 * 200 / 1000)


def test_tables_show_what_is_known():
    every = [*rows("a"), *rows("b")]
    figures = [figure for group in groups(every) for figure in compare(group, WORK, "cuda")]
    epoch = Epoch("a", 64, 2048, (1.0, 2.0), (4.0, 8.0), (60.0, 120.0), None)
    report = Report({}, "cuda", 50, 13, 2_790_915, WORK, 3, figures, [])
    assert [table.row_count for table in tables(report)] == [4, 4]
    report.epochs.append(epoch)
    *steps, last = tables(report)
    assert "cuda, a: graphs of 50 facts and 13 relations, 2.8M weights" in steps[0].title
    assert list(steps[0].columns[2].cells) == ["-"] * 4  # CPU seconds
    cells = [next(iter(column.cells)) for column in last.columns]
    assert cells == ["a", "64", "0.49", "1.95", "1.00", "2.00", "-"]
