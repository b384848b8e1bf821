import json

import pytest
from boards import make_many, make_trajectory, write_results
from browser import CHROMIUM, NO_BROWSER, can_browse

from hopgym.benchmarks.speed import report_page
from hopgym.benchmarks.speed.report_page import Figures, find_browser, main, make_tasks, table
from hopgym.errors import ConfigError

FIGURES = Figures(10, 1.5, 2.25, (1.0, 1.2), (0.1, 0.2), (0.3, 0.4), (5.0, 6.0))


def test_the_tasks_are_those_of_the_quick_suite_over_other_questions():
    tasks = make_tasks(7)
    assert [task.env_id.partition("/")[2] for task in tasks] == [
        "SearchRead-v0",
        "DagSearch-v0",
        "KGSubgraph-v0",
        "RAG-v0",
    ]
    assert {task.questions for task in tasks} == {"world?hops=1-6&test=7"}


def test_the_table_has_medians_and_the_worst():
    made = table(FIGURES)
    assert made.title == "10 episodes: a page of 2.2 MB, written in 1.5 s"
    assert [list(column.cells) for column in made.columns][1:] == [
        ["1.00", "0.10", "0.30", "5.00"],
        ["1.20", "0.20", "0.40", "6.00"],
    ]


def test_without_a_browser_it_says_what_to_do():
    with pytest.raises(ConfigError, match=r"No browser 'no-such': .*apt-get install chromium"):
        find_browser("no-such")


def test_a_page_that_opens_late_fails(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(report_page, "find_browser", str)
    slow = Figures(10, 1.5, 2.25, (3.5, 4.0), (0.1, 0.2), (0.3, 0.4), (5.0, 6.0))
    for figures in (FIGURES, slow):
        monkeypatch.setattr(report_page, "measure", lambda *_, figures=figures: figures)
        if figures is slow:
            with pytest.raises(SystemExit, match=r"It opens in 3\.5 s"):
                main(["--json", str(tmp_path / "f.json")])
        else:
            main(["--json", str(tmp_path / "f.json")])
        written = json.loads((tmp_path / "f.json").read_text())
        assert written["opened"] == list(figures.opened)
    assert "Searched in transcripts" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(not can_browse(), reason=NO_BROWSER)
def test_a_page_is_opened_and_used(tmp_path, monkeypatch):
    monkeypatch.setattr(report_page, "run_bench", lambda *_, **__: None)
    told = make_trajectory(text="an almanac")
    records = [*make_many("random", 1, 6), *make_many("iterative", 3, 6, trajectory=told)]
    figures = report_page.measure(write_results(tmp_path, records), CHROMIUM, 50, 1)
    assert figures.episodes == 12 and 0 < figures.megabytes < 1
    assert all(0 < middle <= worst for middle, worst in (figures.opened, figures.read))
