import json

from rich.console import Console

from hopgym.benchmarks.audit.report import as_dict, as_table, summary
from hopgym.benchmarks.audit.runner import Checked, Report

REPORT = Report(
    "x/Y-v0",
    {"top_k": 3, "retriever": object(), "sources": ["a"]},
    4,
    (
        Checked("replay", "Replays.", "passed", "All [bold]well.", 0.5),
        Checked("mine", "", "failed", "Not so.", 0.1),
    ),
)


def test_the_table_shows_all(capsys):
    Console(width=100).print(as_table(REPORT))
    shown = capsys.readouterr().out
    assert "x/Y-v0" in shown and "All [bold]well." in shown and "failed" in shown


def test_the_summary_counts():
    assert summary(REPORT) == "1 passed, 1 failed, 0 not applicable."
    blind = Checked("gold_in_infos", "", "not applicable", "The gold cannot be had.", 0.1)
    told = summary(REPORT._replace(checks=(blind,)))
    assert told.endswith(
        "1 not applicable. Whether the gold leaks was not looked at; see gold_in_infos."
    )


def test_it_is_json():
    plain = json.loads(json.dumps(as_dict(REPORT)))
    assert plain["sound"] is False and plain["checks"][0]["evidence"] == "All [bold]well."
    assert plain["keywords"]["top_k"] == 3 and plain["keywords"]["retriever"].startswith("<object")
