import io
import unicodedata

import pytest
from dag_steps import EDGES, NODES, layers_of, make_dag_trajectory, make_plan_step
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from hopgym.core import Step, Trajectory, from_json, to_json
from hopgym.envs.plan_figure import WIDTHS, plan_figure, plan_layers, print_plan, summary

CONTROL = {"Cc", "Cs", "Zl", "Zp"}
HOSTILE = "\x1b]0;owned\x07\x1b[31m[red]x[/red]\u202e\n\tz\x9b2J\u200b {0} %s"


@st.composite
def plans(draw):
    """Nodes and edges of an acyclic plan of 1 to 8 nodes, declared in any order."""
    labels = draw(st.permutations("ABCDEFGH"[: draw(st.integers(1, 8))]))
    order = sorted(labels)
    pairs = [(p, c) for i, p in enumerate(order) for c in order[i + 1 :]]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    text = st.text(max_size=60)
    return {label: (draw(text), draw(text)) for label in labels}, edges


def test_the_figure_of_a_plan():
    step = make_plan_step(asked={"B": "Where was Ada Orm born?"}, found={"A": [("d1", True)]})
    assert plan_figure(step, 44) == (
        "Plan of turn 1: 3 searches in 3 layers\n"
        "╭─ layer 1 ────────────────────────────────╮\n"
        "│ A General · 1 hit, 1 new                 │\n"
        "│   Who directed Vel?                      │\n"
        "│   d1                                     │\n"
        "╰──────────────────────────────────────────╯\n"
        "  ↓ A → B\n"
        "╭─ layer 2 ────────────────────────────────╮\n"
        "│ B News · no hits                         │\n"
        "│   Where was Ada Orm born?                │\n"
        "│   written: Where was {A} born?           │\n"
        "╰──────────────────────────────────────────╯\n"
        "  ↓ B → C\n"
        "╭─ layer 3 ────────────────────────────────╮\n"
        "│ C General · no hits                      │\n"
        "│   Which river is in {B}?                 │\n"
        "╰──────────────────────────────────────────╯"
    )


def test_what_is_read_of_each_search():
    nodes = {"C": ("q c", "News"), "A": ("q a", "General"), "B": ("q b", "General")}
    found = {"A": [("d1", True), ("d2", False)], "C": [("d3", False)]}
    layers = plan_layers(make_plan_step(nodes, (("B", "C"), ("A", "C")), found))
    assert [[search.label for search in layer] for layer in layers] == [["A", "B"], ["C"]]
    a, b, c = (search for layer in layers for search in layer)
    assert (a.tally, a.found, a.parents) == ("2 hits, 1 new", "d1, d2", ())
    assert (b.tally, b.found) == ("no hits", "")
    assert (c.tally, c.found, c.parents) == ("1 hit, none new", "d3", ("A", "B"))
    assert summary(layers) == "3 searches in 2 layers"


def test_many_documents_are_cut_and_say_so():
    found = {"A": [(f"d{n}", True) for n in range(9)]}
    figure = plan_figure(make_plan_step(found=found), 80)
    assert "9 hits, 9 new" in figure and "d0, d1, d2, d3, d4, …" in figure and "d5" not in figure


def test_a_source_of_another_name_is_told():
    step = make_plan_step()
    step.parsed["nodes"][0]["source"] = "exa"
    assert "A General (exa) · 2 hits" in plan_figure(step, 80)


def test_the_figure_of_a_stored_step_is_the_same():
    step = make_plan_step(asked={"B": "Where was Ada Orm born?"})
    stored = from_json(to_json(make_dag_trajectory(step)), Trajectory)
    assert plan_figure(stored.steps[0], 70) == plan_figure(step, 70) != ""
    assert plan_figure(stored.steps[1], 70) == ""


@given(plans(), st.integers(1, 130))
def test_every_plan_has_a_figure_that_fits(plan, width):
    nodes, edges = plan
    figure = plan_figure(make_plan_step(nodes, edges), width)
    lines = figure.split("\n")
    bound = min(max(width, WIDTHS[0]), WIDTHS[1])
    assert all(cell_len(line) <= bound for line in lines)
    assert sum("─ layer" in line for line in lines) >= len(layers_of(nodes, edges))
    assert not {unicodedata.category(sign) for sign in figure.replace("\n", "")} & CONTROL
    flat = " ".join(figure.split())
    for child in {child for _, child in edges}:
        assert f"→ {child}" in flat


@pytest.mark.parametrize("place", ["label", "query", "asked", "tool", "source"])
def test_hostile_text_cannot_write_to_the_terminal(place):
    step = make_plan_step({"A": ("q", "General")}, (), {"A": [(HOSTILE, True)]})
    step.parsed["nodes"][0][place] = HOSTILE
    if place == "label":
        step.parsed["layers"][0][0] = HOSTILE
    figure = plan_figure(step, 100)
    assert all(line.isprintable() for line in figure.split("\n"))
    assert "[red]x[/red]" in figure and figure.count("╭") == 1
    screen = io.StringIO()
    print_plan(step, Console(file=screen, force_terminal=True, width=100, color_system=None))
    assert "\x1b" not in screen.getvalue()


def test_the_width_is_the_terminals(monkeypatch):
    step = make_plan_step()
    for columns, width in [("60", 60), ("500", WIDTHS[1]), ("3", WIDTHS[0])]:
        monkeypatch.setenv("COLUMNS", columns)
        assert max(map(cell_len, plan_figure(step).split("\n"))) == width


def test_there_is_colour_where_there_is_colour():
    screen = io.StringIO()
    print_plan(make_plan_step(), Console(file=screen, force_terminal=True, color_system="standard"))
    assert "\x1b[1;36mA\x1b[0m" in screen.getvalue()
    assert "\x1b" not in plan_figure(make_plan_step())


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "answer"},
        {"kind": None},
        {"nodes": None},
        {"nodes": [{"label": "A"}]},
        {"edges": [["A"]]},
        {"edges": [["A", "Z"]]},
        {"edges": [["B", "A"]]},
        {"layers": [["A"], ["B"]]},
        {"layers": [["A"], ["A"], ["B"], ["C"]]},
        {"layers": [["A", "B", "C", "D"]]},
    ],
    ids=str,
)
def test_what_is_no_plan_of_ours_has_no_figure(change):
    step = make_plan_step()
    step.parsed.update(change)
    assert plan_layers(step) == () and plan_figure(step) == ""
    screen = io.StringIO()
    print_plan(step, Console(file=screen))
    assert screen.getvalue() == ""


def test_steps_without_a_plan_have_no_figure():
    assert plan_figure(Step(1, "x")) == ""
    assert plan_figure(Step(1, "x", parse_error="cycle")) == ""
    assert layers_of(NODES, EDGES) == [["A"], ["B"], ["C"]]  # what the helper itself says
