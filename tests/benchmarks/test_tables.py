import io
import re
from dataclasses import replace

import msgspec
import pytest
from boards import HOSTILE, make_board_records, make_failed, make_one
from rich.console import Console

from hopgym.benchmarks import tables
from hopgym.benchmarks.leaderboard import make_board

BOARD = make_board([*make_board_records(), make_failed(agent="random", question_id="q999")])
GROUP = BOARD.groups[0]


def cell(row, title, group=GROUP):
    return dict(zip(tables.header(group), tables.cells(group, row), strict=True))[title]


def by_agent(group=GROUP):
    return {row.agent: row for row in group.rows}


def printed(board, width=160):
    console = Console(width=width, record=True, file=io.StringIO())
    for part in tables.console_tables(board, width):
        console.print(part)
    return console.export_text()


def markdown_rows(text):
    """The cells of every table row, escaped bars left alone."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]


def test_a_row_has_a_cell_under_every_title():
    for row in GROUP.rows:
        assert len(tables.cells(GROUP, row)) == len(tables.header(GROUP))
        assert len(tables.hops_cells(GROUP, row)) == len(tables.hops_header(GROUP))


def test_scores_are_percentages_with_intervals():
    row = by_agent()["single_shot"]
    interval = row.scores["f1"]
    shown = cell(row, "F1")
    assert shown.text == "50.0" and shown.sort == 0.5
    assert shown.detail == f"[{100 * interval.low:.1f}, {100 * interval.high:.1f}]"
    left, width, mean = shown.bar
    assert 0 <= left < mean < left + width <= 100


def test_the_standing_is_a_word():
    marks = {agent: tables.mark(row) for agent, row in by_agent().items()}
    assert marks == {"oracle": "ceiling", "iterative": "best", "single_shot": "≈", "random": ""}


def test_errors_are_counted_apart():
    row = by_agent()["random"]
    assert (cell(row, "n").text, cell(row, "Errors").text) == ("24", "1")
    assert "1 episodes failed for reasons of infrastructure" in " ".join(GROUP.notes)


def test_what_is_not_known_is_a_dash_and_sorts_last():
    board = make_board([make_one(metrics={"em": 1.0}, answer_reachable=None), make_failed()])
    failed = make_board([make_failed()]).groups[0]
    group = board.groups[0]
    assert "F1" not in tables.header(group)
    assert cell(group.rows[0], "Reachable", group).text == "- / 100"
    assert cell(group.rows[0], "Reachable", group).sort < 0
    assert cell(failed.rows[0], "Reward", failed).text == "-"
    assert tables.percent(None).sort < 0


def test_only_columns_that_the_records_have_are_shown():
    board = make_board([make_one(metrics={"f1": 1.0})])
    shown = [t for t in tables.header(board.groups[0]) if t in ("EM", "F1", "Gold recall")]
    assert shown == ["F1"]


def test_without_hops_there_is_no_table_by_hops():
    board = make_board([make_one(hops=0)])
    assert tables.hops_header(board.groups[0]) == []
    assert "number of hops" not in printed(board) + tables.markdown(board)


def test_the_console_shows_ranks_hops_and_notes():
    text = printed(BOARD)
    assert text.index("oracle ceiling") < text.index("iterative best") < text.index("random")
    assert "1 hop" in text and "2 hops" in text and "3 hops" in text
    assert (
        "reasons of infrastructure" in text and "95 % intervals over questions: bootstrap" in text
    )


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_a_narrow_console_leaves_out_columns_and_never_half_a_number(width):
    metrics = dict.fromkeys(("em", "f1", "cover_em", "gold_recall", "format_adherence"), 0.5)
    records = [
        make_one(agent=a, question_id=f"q{n}", hops=n, metrics=metrics)
        for a in ("iterative", "single_shot")
        for n in range(1, 7)
    ]
    text = printed(make_board(records), width)
    assert max(map(len, text.splitlines())) <= width and "…" not in text
    assert "50.0 [0.0, 100.0]" in text and "Errors" in text and "6 hops" in text
    if width >= 80:
        by_hops = text.partition("by the question's number of hops")[2]
        assert "n = " in by_hops and by_hops.count(" single_shot ") == 1
    whole = "Words" in text.splitlines()[2]
    assert whole == (width == 200) == ("more columns" not in " ".join(text.split()))


def test_the_console_prints_hostile_names_as_they_are():
    name = "[bold]x[/bold] [/] \\"
    text = printed(make_board([make_one(agent=name, task="[red]t")]))
    assert "[bold]x[/bold] [/]" in text and "[red]t" in text


@pytest.mark.parametrize("name", [HOSTILE, "a|b", "`x`", "x\n# y", "[a](b)", "*_\\|"])
def test_markdown_keeps_its_columns_and_lets_no_markup_through(name):
    text = tables.markdown(make_board([make_one(agent=name, task=name, command=name)]))
    wanted = len(tables.header(make_board([make_one()]).groups[0]))
    rows = markdown_rows(text)
    assert {len(row) for row in rows} <= {wanted, len(tables.hops_header(GROUP)), 2}
    assert len(rows[0]) == len(rows[1]) == len(rows[2]) == wanted
    outside = re.sub(r"`[^`\n]*`", "", "\n".join(cell for row in rows for cell in row))
    assert not re.search(r"(?<!\\)<|(?<!\\)\]\(", outside)
    assert sum(line.startswith("# ") for line in text.splitlines()) == 1


def test_markdown_shows_every_agent_with_its_interval_and_the_protocol():
    text = tables.markdown(BOARD)
    rows = {row[0].strip().split()[0]: row for row in markdown_rows(text)[2:6]}
    assert [name.replace("\\", "") for name in rows] == [row.agent for row in GROUP.rows]
    assert all(re.search(r"\\\[[\d.]+, [\d.]+\\\]", row[3]) for row in rows.values())
    assert "- Dataset fingerprint: `data-1`" in text and "- Command: `hopgym bench`" in text


def test_json_holds_every_number_and_no_episode():
    data = msgspec.json.decode(tables.as_json(BOARD))
    group = data["groups"][0]
    assert group["ranked_by"] == "f1" and "records" not in group
    rows = {row["agent"]: row for row in group["rows"]}
    assert list(rows) == [row.agent for row in GROUP.rows]
    assert rows["random"]["errors"] == 1 and rows["random"]["questions"] == 24
    mean, low, high, n = rows["single_shot"]["scores"]["f1"]
    assert low < mean == 0.5 < high and n == 24
    assert set(rows["iterative"]["by_hops"]) == {"1", "2", "3"}
    assert rows["random"]["comparison"][1] < 0.05 <= rows["single_shot"]["comparison"][1]
    assert rows["oracle"]["comparison"] is None and rows["iterative"]["best"] is True


def test_the_protocol_names_what_identifies_a_table():
    protocol = dict(tables.protocol(GROUP))
    assert protocol["Keywords"] == '{"max_steps":8}'
    assert protocol["Retriever fingerprint"] == "bm25-1"
    bare = make_board([make_one(retriever_fingerprint="", dataset_fingerprint="")]).groups[0]
    assert dict(tables.protocol(bare))["Retriever fingerprint"] == "no retriever"
    assert dict(tables.protocol(bare))["Dataset fingerprint"] == "unknown"


def test_published_values_stand_under_a_table_of_their_own():
    """Never among measured rows, and only where the question set has some."""
    assert "Published by others" not in tables.markdown(BOARD)
    named = [replace(record, questions="musique") for record in make_board_records()]
    board = make_board(named)
    measured, published = tables.markdown(board).split("Published by others")
    assert "Search-R1" not in measured
    assert "| Search-R1 base PPO | 7B | em | 19.6 | wiki-18, E5, top 3, full sets |" in published
    (group,) = msgspec.json.decode(tables.as_json(board))["groups"]
    assert {row["metric"] for row in group["published"]} == {"em", "f1", "judged by GPT-4o"}
    assert "Published by others for musique" in printed(board)
