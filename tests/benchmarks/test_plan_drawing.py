import xml.etree.ElementTree as ET

import msgspec
import pytest
from boards import HOSTILE
from dag_steps import EDGES, make_plan_step
from rich.cells import cell_len

from hopgym.benchmarks.plan_drawing import LINE_CELLS, SOURCE_CELLS, plan_drawing, plan_svg
from hopgym.core import Step
from hopgym.envs.grammars.text import one_line

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {
    "svg": {"viewBox", "width", "height", "role", "aria-label"},
    "path": {"d"},
    "g": {"class", "transform", "tabindex", "role"},
    "title": set(),
    "rect": {"width", "height", "rx"},
    "text": {"x", "y", "class", "text-anchor"},
}


def elements(drawing):
    """Every element of a drawing, in order."""
    yield drawing
    for child in drawing[2]:
        if not isinstance(child, str):
            yield from elements(child)


def texts(drawing, tag):
    return [child for name, _, children in elements(drawing) if name == tag for child in children]


def test_a_plan_is_boxes_and_arrows():
    step = make_plan_step(asked={"B": "Where was Ada Orm born?"}, found={"A": [("d1", True)]})
    drawing = plan_drawing(step)
    assert drawing[1]["aria-label"] == "A plan of 3 searches in 3 layers: A → B; B → C"
    assert [name for name, _, _ in drawing[2]] == ["path"] * 2 + ["g"] * 3
    assert texts(drawing, "title") == [
        "A asks General: Who directed Vel? · 1 hit, 1 new: d1",
        "B asks News: Where was Ada Orm born? (written: Where was {A} born?) · no hits",
        "C asks General: Which river is in {B}? · no hits",
    ]
    first = ["A", "General", "1 hit, 1 new", "Who directed Vel?"]
    assert texts(drawing, "text")[:4] == first
    assert [a["class"] for n, a, _ in elements(drawing) if n == "g"] == ["node"] + ["node none"] * 2


def test_every_node_can_be_reached_by_the_keyboard():
    groups = [a for name, a, _ in elements(plan_drawing(make_plan_step())) if name == "g"]
    assert len(groups) == 3
    assert all((a["tabindex"], a["role"]) == ("0", "img") for a in groups)


def test_edges_have_an_arrow_each():
    edges = (("A", "B"), ("A", "C"), ("B", "C"))
    drawing = plan_drawing(make_plan_step(edges=edges))
    assert sum(name == "path" for name, _, _ in elements(drawing)) == 3
    assert "A → B; A, B → C" in drawing[1]["aria-label"]


def test_one_search_alone():
    drawing = plan_drawing(make_plan_step({"A": ("q", "General")}, ()))
    assert drawing[1]["aria-label"] == "A plan of 1 search in 1 layer"


def test_a_step_without_a_plan_has_no_drawing():
    assert plan_drawing(Step(1, "x")) is None and plan_svg(Step(1, "x")) == ""


@pytest.mark.parametrize("query", ["a word " * 40, "W" * 300, "東京都庁舎" * 30, "ä" * 30])
def test_long_texts_are_cut_to_the_box_and_told_in_full(query):
    query = query.strip()
    drawing = plan_drawing(make_plan_step({"A": (query, "Source of a long name")}, ()))
    source, *lines = texts(drawing, "text")[1:2] + texts(drawing, "text")[3:]
    assert len(lines) == 2 and all(0 < cell_len(line) <= LINE_CELLS for line in lines)
    assert lines[-1].endswith("…") == (query != "ä" * 30)
    assert source.endswith("…") and cell_len(source) <= SOURCE_CELLS
    assert query in texts(drawing, "title")[0]


@pytest.mark.parametrize("attack", [HOSTILE, "'\"><svg onload=alert(1)>", "\ufffe\uffff]]>\x1b[m"])
def test_hostile_text_is_only_ever_text(attack):
    step = make_plan_step({"A": (attack, attack)}, (), {"A": [(attack, True)]}, {"A": attack + "!"})
    drawing = plan_drawing(step)
    for name, attributes, _ in elements(drawing):
        assert set(attributes) <= SHAPES[name]
        assert not any("<" in value for value in attributes.values())
    assert one_line(attack)[:20] in texts(drawing, "title")[0]
    root = ET.fromstring(plan_svg(step))
    assert {element.tag for element in root.iter()} == {
        f"{SVG}{tag}" for tag in ("svg", "style", "g", "title", "rect", "text")
    }


def test_a_label_is_no_markup_either():
    step = make_plan_step({"<b>": ("q", "News"), "&": ("r", "News")}, (("<b>", "&"),))
    assert plan_drawing(step)[1]["aria-label"].endswith("<b> → &")
    assert ET.fromstring(plan_svg(step)).get("aria-label").endswith("<b> → &")


def test_the_file_is_the_same_drawing():
    step = make_plan_step(edges=EDGES)
    text, drawing = plan_svg(step), plan_drawing(step)
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg" and root[0].tag == f"{SVG}style"
    drawn = [name for name, _, _ in elements(drawing)]
    assert [e.tag for e in root.iter() if e.tag != f"{SVG}style"] == [f"{SVG}{n}" for n in drawn]
    assert [e.text for e in root.iter(f"{SVG}text")] == texts(drawing, "text")
    assert "prefers-color-scheme: dark" in text and "http" not in text.replace(SVG[1:-1], "")


def test_it_is_plain_data():
    drawing = plan_drawing(make_plan_step())
    assert msgspec.json.decode(msgspec.json.encode(drawing)) == drawing
