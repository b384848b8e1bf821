import json

import pytest

from hopgym.benchmarks.retrieval_table import CacmRow, Report, Section, make_row, section_table
from hopgym.errors import ConfigError
from hopgym.retrieval.metrics import Evaluation


def evaluation(**values):
    rows = {metric.replace("_at_", "@"): dict(enumerate_ids(v)) for metric, v in values.items()}
    return Evaluation(rows)


def enumerate_ids(values):
    return ((f"q{n}", value) for n, value in enumerate(values) if value is not None)


PLAIN = evaluation(recall_at_5=[0.5, 0.5, 1.0, 0.0], answer_recall_at_5=[1.0, None, 0.0, 1.0])
GOOD = evaluation(recall_at_5=[1.0, 1.0, 1.0, 0.5], answer_recall_at_5=[1.0, None, 1.0, 1.0])
ROWS = [make_row("plain", "p", "1", PLAIN, None), make_row("good", "g?a=1", "2", GOOD, PLAIN)]
SECTION = Section("small", 1234, 4, "f", ROWS)
REPORT = Report("1.0", "hashing", [SECTION], [CacmRow("run", None, 0.19423)], ["union (No file)"])


def test_means_and_differences():
    plain, good = ROWS
    assert plain.means == {"recall@5": 0.5, "answer_recall@5": pytest.approx(2 / 3)}
    assert plain.against == {}
    assert good.against["recall@5"].mean == pytest.approx(0.375)
    assert good.against["recall@5"].n == 4
    assert good.against["answer_recall@5"].n == 3  # a question whose answer is a yes has none


def test_the_table_shows_what_was_measured_and_nothing_else():
    lines = section_table(SECTION).splitlines()
    assert lines[0] == "**small**: 4 questions, 1,234 passages"
    assert lines[2] == "|  | R@5 | answer@5 | ΔR@5 [95 %] |"
    assert lines[3] == "| --- | ---: | ---: | ---: |"
    assert lines[4] == "| plain | 50.0 | 66.7 |  |"
    low, high = ROWS[1].against["recall@5"][1:3]
    assert lines[5] == f"| good | 87.5 | 100.0 | +37.5 [{100 * low:+.1f}, {100 * high:+.1f}] |"


def test_cacm_and_what_was_skipped_are_in_the_report():
    text = REPORT.markdown()
    assert "| run |  | 0.1942 |" in text
    assert text.endswith("\n\n- skipped: union (No file)\n")
    assert "CACM" not in Report("1.0", "hashing", [SECTION]).markdown()


def test_the_json_holds_every_figure(tmp_path):
    REPORT.write(tmp_path / "r.json")
    written = json.loads((tmp_path / "r.json").read_text())
    assert written["encoder"] == "hashing"
    (section,) = written["sections"]
    assert section["rows"][1]["spec"] == "g?a=1"
    assert section["rows"][1]["against"]["recall@5"] == list(ROWS[1].against["recall@5"])
    assert written["cacm"][0]["mean_average_precision"] is None
    assert written["skipped"] == ["union (No file)"]


def test_other_questions_are_refused():
    fewer = evaluation(recall_at_5=[1.0])
    with pytest.raises(ConfigError, match="were not asked the same questions"):
        make_row("fewer", "", "", fewer, PLAIN)
