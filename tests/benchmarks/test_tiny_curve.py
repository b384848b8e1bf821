import xml.etree.ElementTree as ElementTree

import pytest

from hopgym.agents.tiny.policy import CHECKPOINT
from hopgym.benchmarks.tiny_curve import LINES, curve_svg, main, read_curve
from hopgym.errors import DataError

SVG = "{http://www.w3.org/2000/svg}"
MARK = {"questions": 4, "em": 0.5, "format": 1.0}
CURVE = [
    {"step": 50, "loss": 3.0, "own_loss": 2.5},
    {"step": 100, "loss": 1.0, "own_loss": 0.5, "exam": {"1 hop": MARK, "all": MARK}},
]


def texts(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_it_shows_what_was_examined_and_the_loss():
    shown = texts(curve_svg(CURVE))
    assert {"EM, 1 hop", "format", "own tokens", "steps", "held out, %"} <= set(shown)
    assert "EM, 2 hops" not in shown
    svg = curve_svg(read_curve(CHECKPOINT))
    assert {label for _, _, label in LINES} <= set(texts(svg))
    assert "prefers-color-scheme:dark" in svg and "currentColor" in svg


def test_the_picture_of_the_page_is_the_command_s(tmp_path):
    main(tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text() == curve_svg(read_curve(CHECKPOINT))
    main(tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_what_is_no_curve_is_refused(tmp_path):
    (tmp_path / "curve.json").write_text("{}")
    with pytest.raises(DataError, match="holds no curve"):
        read_curve(tmp_path)
    with pytest.raises(DataError, match="No file"):
        read_curve(tmp_path / "none")
