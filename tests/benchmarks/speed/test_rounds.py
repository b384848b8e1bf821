import pytest

from hopgym.benchmarks.speed.rounds import Cost, Label, Row, Side, per_step, race, times_faster


def row(*costs, **label):
    return Row(Label("row", **label), [Cost(*cost) for cost in costs])


def test_rates_are_medians_over_the_rounds():
    made = row((10, 1.0, 2.0), (10, 5.0, 5.0), (10, 2.0, 4.0))
    assert made.per_cpu == 5.0
    assert made.per_wall == 2.5


def test_a_row_without_rounds_or_with_a_failure_has_no_rate():
    assert row().per_cpu is None
    failed = row((10, 1.0, 1.0))
    failed.failure = "broken"
    assert failed.per_cpu is failed.per_wall is None
    assert times_faster(failed, row((10, 1.0, 1.0))) is None


def test_work_in_other_processes_has_no_cpu_figure():
    away = row((10, 1.0, 2.0), in_process=False)
    assert away.per_cpu is None
    assert away.per_wall == 5.0
    assert times_faster(away, row((10, 1.0, 1.0))) is None


def test_ratios_are_taken_round_by_round():
    fast = row((10, 1.0, 1.0), (10, 10.0, 10.0), (10, 1.0, 1.0))
    slow = row((10, 2.0, 2.0), (10, 20.0, 20.0), (10, 9.0, 9.0))
    assert times_faster(fast, slow) == 2.0
    assert times_faster(slow, fast) == 0.5


def test_no_time_at_all_divides_nothing_by_zero():
    assert per_step(Cost(10, 0.0, 0.0)) > 0
    assert row((10, 0.0, 0.0)).per_cpu > 0


def test_rounds_are_interleaved_and_everything_is_closed():
    played = []

    def play(name):
        return lambda: played.append(name) or 2

    sides = [
        Side(Label(name), play(name), lambda name=name: played.append("-" + name)) for name in "ab"
    ]
    for side in sides:
        side.warm_up = lambda seconds: None
    rows = race(sides, rounds=3, seconds=0.0)
    assert played == ["a", "b"] * 3 + ["-a", "-b"]
    assert [len(row.costs) for row in rows] == [3, 3]
    assert rows[0].costs[0].steps == 2


def test_everything_is_closed_when_one_side_breaks():
    closed = []

    def broken():
        raise ValueError("no episode")

    sides = [
        Side(Label("a"), lambda: 1, lambda: closed.append("a")),
        Side(Label("b"), broken, lambda: closed.append("b")),
    ]
    with pytest.raises(ValueError, match="no episode"):
        race(sides, rounds=1, seconds=0.0)
    assert closed == ["a", "b"]
