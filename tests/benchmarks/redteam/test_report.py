import json

from rich.console import Console

from hopgym.benchmarks.redteam.attack import Report
from hopgym.benchmarks.redteam.campaign import Reference
from hopgym.benchmarks.redteam.report import as_json, console_tables, findings, markdown
from hopgym.benchmarks.redteam.verdicts import Cell, Worst
from hopgym.benchmarks.stats import Interval

PAID = Cell(
    "spam", "answers", "e/E-v0", "em", "overpaid", Interval(0.5, 0.4, 0.6, 8), 0.7, 0.1, 0.2, 0,
    Worst("q1", 1.0, 0.2, 0.0, ("Answer: x|y",)),
)  # fmt: skip
CLOSED = PAID._replace(exploit="[b]", verdict="closed", worst=None)
BROKEN = Cell("long", "limits", "e/E-v0", "em", "crashed", note="KeyError: 'x'")
REPORT = Report((PAID, CLOSED, BROKEN), (Reference("e/E-v0", "em", "iterative", 0.7, 0.6),), 8)


def test_the_console_shows_rows_verdicts_and_findings():
    console = Console(width=160, record=True)
    for part in console_tables(REPORT):
        console.print(part)
    text = console.export_text()
    assert "(iterative)" in text and "0.50 overpaid" in text and "[b]" in text
    assert "KeyError: 'x'" in text and "question q1: 1.00" in text


def test_markdown_has_intervals_and_marks_findings():
    text = markdown(REPORT)
    assert "| exploit | true score | `em` |" in text
    assert "| spam | 0.10 | 0.50 [0.40, 0.60] **overpaid** |" in text
    assert "| [b] | 0.10 | 0.50 [0.40, 0.60] closed |" in text and "| long |  | crashed |" in text


def test_json_has_all_of_it():
    data = json.loads(as_json(REPORT))
    assert (data["failures"], data["episodes"]) == (2, 8)
    assert data["cells"][0]["worst"]["actions"] == ["Answer: x|y"]
    assert data["cells"][0]["pay"]["low"] == 0.4 and data["cells"][2]["pay"] is None
    assert data["references"][0]["player"] == "iterative"


def test_findings_say_what_to_reproduce():
    first, second = findings(REPORT)
    assert first.startswith("spam x em x e/E-v0: overpaid: earns 0.50")
    assert second == "long x em x e/E-v0: crashed: KeyError: 'x'"
    assert findings(REPORT._replace(cells=(CLOSED,))) == []
    assert "No findings." in markdown(REPORT._replace(cells=(CLOSED,)))
