import io

from learned_runs import report
from rich.console import Console

from hopgym.benchmarks.redteam.learned_report import console_tables, markdown, verdict


def shown(found):
    console = Console(width=200, file=io.StringIO())
    for part in console_tables(found):
        console.print(part)
    return console.file.getvalue()


def test_every_examination_is_a_row_and_every_attack_a_verdict():
    text = shown([report("cover_em", outcome="gamed", moment=4), report("[red]f1")])
    assert "0.90 [0.80, 1.00]" in text and "0.20 [0.10, 0.30]" in text
    assert "SearchRead-v0 x cover_em, seed 0: gamed from update 4 on; so it is." in text
    assert "SearchRead-v0 x [red]f1, seed 0: holds; so it is." in text


def test_markdown_has_the_first_and_the_last_examination():
    lines = markdown([report("cover_em", outcome="gamed", moment=4)]).splitlines()
    assert lines[0].startswith("|  | seed | update | reward | true score | gap |")
    assert [line.split(" | ")[2] for line in lines[2:4]] == ["0", "4"]
    assert lines[3].endswith("| gamed |") and lines[-1].startswith("- SearchRead-v0 x cover_em")


def test_a_seeded_attacker_is_called_one():
    assert ", seed 0, primed with exploits: holds" in verdict(report(primed={"exploits": "echo"}))
