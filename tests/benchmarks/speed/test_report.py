import json

import pytest
from rich.console import Console

from hopgym.benchmarks.speed.report import make_report
from hopgym.benchmarks.speed.rounds import Cost, Label, Row


def row(name, steps, cpu, search="null", envs=1, failure="", **label):
    made = Row(Label(name, search, envs, **label), [Cost(steps, cpu, 2 * cpu)] * 2)
    made.failure = failure
    return made


ROWS = [
    row("SearchRead", 100, 1.0),
    row("Gymnasium async", 100, 1.0, envs=8, in_process=False),
    row("SearchRead, native vector", 300, 3.0, "BM25 50", 4),
    row("BM25Retriever", 200, 1.0, "BM25 50 queries", 4),
    row("bm25s", 200, 2.0, "BM25 50 queries", 4),
    row("SearchRead", 10, 1.0, "long documents", chars=1_000),
    row("SearchRead", 10, 2.0, "long documents", chars=4_000),
    row("GEM QaEnv + SearchTool", 100, 2.0),
    row("GEM QaEnv + SearchTool", 300, 6.0, "BM25 50"),
    row("skyrl", 100, 1.0, failure="not installed (no skyrl/bin/python)"),
]


def test_speeds_stand_against_gem_with_the_same_search():
    steps = make_report(ROWS, [50], [4], 2).steps
    assert [(row.name, row.per_cpu, row.times_reference) for row in steps] == [
        ("SearchRead", 100.0, 2.0),
        ("Gymnasium async", None, None),
        ("SearchRead, native vector", 100.0, 2.0),
        ("GEM QaEnv + SearchTool", 50.0, 1.0),
        ("GEM QaEnv + SearchTool", 50.0, 1.0),
        ("skyrl", None, None),
    ]
    assert steps[0].per_wall == 50.0
    assert make_report(ROWS[:5], [50], [4], 2).steps[0].times_reference is None


def test_a_query_pays_for_its_share_of_the_answers():
    (query,) = make_report(ROWS, [50], [4], 2).queries
    assert (query.env_ms, query.search_ms, query.bare_ms) == (15.0, 5.0, 10.0)
    assert query.ratio == 1.5
    assert query.overhead == pytest.approx(1.0)


def test_long_transcripts_stand_against_the_shortest():
    short, long = make_report(ROWS, [], [], 2).lengths
    assert (short.step_us, short.per_char_ns, short.times_shortest) == (1e5, 1e5, 1.0)
    assert (long.step_us, long.per_char_ns, long.times_shortest) == (2e5, 5e4, 2.0)


def test_tables_show_figures_and_failures():
    console = Console(width=140)
    with console.capture() as shown:
        for table in make_report(ROWS, [50], [4], 2).tables():
            console.print(table)
    text = shown.get()
    assert "not installed (no skyrl/bin/python)" in text
    assert "100%" in text and "4,000" in text and "GEM QaEnv + SearchTool" in text


def test_tables_without_a_row_are_left_out():
    assert len(make_report(ROWS[:1], [], [], 2).tables()) == 1


def test_the_file_holds_what_the_tables_show(tmp_path):
    report = make_report(ROWS, [50], [4], 2)
    report.write(tmp_path / "speed.json")
    told = json.loads((tmp_path / "speed.json").read_text())
    assert sorted(told) == ["lengths", "machine", "queries", "rounds", "steps"]
    assert told["rounds"] == 2
    assert told["steps"][0]["per_cpu"] == 100.0
    assert told["queries"][0]["documents"] == 50
    assert set(told["machine"]) == {"python", "system", "cores", "gymnasium", "numpy", "bm25s"}
