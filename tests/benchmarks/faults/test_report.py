import io
import json

from killable import counter
from rich.console import Console

from hopgym.benchmarks.faults import Kill, Outcome, report


def outcome(**changes):
    kills = [Kill(1, 0.1, 0.2, "start"), Kill(1, 0.9, 1.8, "work"), Kill(2, 0.5, 1.0, "writing")]
    given = {
        "recipe": counter(),
        "seconds": 2.0,
        "start": 0.5,
        "files": 4,
        "runs": 2,
        "kills": kills,
    }
    return Outcome(**{**given, **changes})


def printed(outcomes):
    console = Console(width=80, file=io.StringIO())
    for part in report.console_parts(outcomes):
        console.print(part)
    return console.file.getvalue()


def test_the_table_counts_where_kills_struck():
    assert report.row(outcome()) == ["none", "2.0", "3", "1", "1", "1", "2", "4", "same"]
    page = report.markdown([outcome()]).decode()
    assert "| none | 2.0 | 3 | 1 | 1 | 1 | 2 | 4 | same |" in page
    assert "- none: not compared: *_s in model.json (clock times)." in page


def test_the_table_fits_a_terminal():
    assert "…" not in printed([outcome()])


def test_a_difference_is_a_finding():
    shown = printed([outcome(problems=["run 2: model.json differs"])])
    assert "DIFFERS" in shown and "none: run 2: model.json differs" in shown


def test_json_tells_every_kill():
    (told,) = json.loads(report.as_json([outcome()]))
    assert [kill["phase"] for kill in told["kills"]] == ["start", "work", "writing"]
    assert told["problems"] == [] and told["omissions"] == ["*_s in model.json (clock times)"]
