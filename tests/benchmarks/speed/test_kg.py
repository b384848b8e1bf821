import json
import os

import pytest

from hopgym.benchmarks.speed import kg
from hopgym.benchmarks.speed.kg_workload import Size
from hopgym.benchmarks.speed.rounds import Cost, Label, Row


@pytest.fixture(scope="module")
def told():
    """A tiny run."""
    sizes = (Size(12, 30), Size(8, 20))
    return kg.measure(sizes, envs=2, questions=2, steps=4, rounds=2, seconds=0)


def test_every_side_is_there_for_every_size(told):
    rows = [figure.name for figure in told.figures]
    assert len(rows) == 20 and rows[:10] == rows[10:]
    assert rows[0] == "native vector: sequential, graph, all facts"
    assert rows[1] == "Gymnasium's sync vector: sequential, graph, all facts"
    assert sum(name.startswith("native") for name in rows[:10]) == 3
    assert all(figure.per_cpu > 0 and figure.per_wall > 0 for figure in told.figures)
    assert {figure.graphs for figure in told.figures[10:]} == {"8 nodes, 20 facts"}


def test_new_questions_make_it_slower(told):
    native = [figure for figure in told.figures if figure.name.startswith("native")]
    assert len(told.first_times) == len(native) == 6
    for first, later in zip(told.first_times, native, strict=True):
        assert first.graphs == later.graphs and first.name in later.name
        assert first.preparation_ms > 0 and 0 < first.per_cpu < later.per_cpu


def test_ratios_are_those_of_our_vector_in_the_same_form():
    rows = [
        Row(Label(name, "graphs"), [Cost(100, cpu, cpu)] * 3)
        for name, cpu in (
            ("native vector: a", 1.0),
            ("Gymnasium's sync vector: a", 6.0),
            ("native vector: b", 2.0),
            ("Gymnasium's sync vector: b", 20.0),
            ("a peer", 50.0),
        )
    ]
    ratios = [figure.native_is_faster for figure in kg.compare(rows)]
    assert ratios == pytest.approx([None, 6.0, None, 10.0, 50.0])


def test_tables_show_the_figures(told):
    shown = kg.tables(told)
    assert [table.row_count for table in shown] == [10, 10, 6]
    assert "12 nodes, 30 facts" in shown[0].title
    assert "-" in list(shown[0].columns[-1].cells)  # ours, which is compared with itself


def test_the_command_writes_a_file(tmp_path, capsys, monkeypatch, told):
    asked = {}
    monkeypatch.setattr(kg, "measure", lambda **given: asked.update(given) or told)
    file = tmp_path / "kg.json"
    kg.main(["--num-envs", "2", "--questions", "3", "--steps", "4", "--json", str(file)])
    assert asked == {"envs": 2, "questions": 3, "steps": 4, "rounds": 5, "seconds": 0.2}
    assert json.loads(file.read_text())["figures"][0]["envs"] == 2
    assert "Native is x faster" in capsys.readouterr().out


def test_one_core_is_one_core():
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("only Linux can do that")
    threads = [int(name) for name in os.listdir("/proc/self/task")]
    before = [os.sched_getaffinity(thread) for thread in threads]
    with kg.one_core():
        assert {len(os.sched_getaffinity(thread)) for thread in threads} == {1}
    assert [os.sched_getaffinity(thread) for thread in threads] == before
