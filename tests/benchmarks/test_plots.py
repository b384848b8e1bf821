import xml.etree.ElementTree as ElementTree

import pytest
from boards import HOSTILE

from hopgym.benchmarks.plots import INK, PALETTE, colour, finish, picture

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"


def draw(figure, name="a line"):
    axes = figure.subplots()
    axes.plot([1, 2, 3], [0.2, 0.5, 0.4], color=colour(0), label=f"\u200b{name}")
    finish(axes)


def drawn(name="a line", seed="p"):
    return picture(lambda figure: draw(figure, name), (5, 3), seed)


def test_a_picture_fetches_nothing_and_takes_the_pages_ink():
    svg = drawn()
    root = ElementTree.fromstring(svg)
    assert svg.startswith("<svg") and "<!DOCTYPE" not in svg and "<metadata" not in svg
    for element in root.iter():
        for key, value in element.attrib.items():
            assert key not in ("href", f"{XLINK}href") or value.startswith("#")
    assert INK not in svg and "currentColor" in svg
    assert "prefers-color-scheme:dark" in svg


def test_the_same_lines_give_the_same_picture():
    assert drawn() == drawn()


@pytest.mark.parametrize("name", [HOSTILE, "a$b$", r"C:\models\1 \g<0>", '" onload="x'])
def test_any_name_is_drawn_as_text(name):
    root = ElementTree.fromstring(drawn(name))
    texts = [(element.text or "").strip("\u200b") for element in root.iter(f"{SVG}text")]
    assert any(text and name.startswith(text[:12]) for text in texts)
    assert not list(root.iter(f"{SVG}script"))
    assert not any(key.startswith("on") for e in root.iter() for key in e.attrib)


def test_colours_go_round():
    assert colour(0) == colour(len(PALETTE)) and len(set(PALETTE)) == len(PALETTE)
