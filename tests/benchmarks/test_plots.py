import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import replace

import pytest
from boards import HOSTILE, make_board_records, make_many, make_one

from hopgym.benchmarks.leaderboard import make_board
from hopgym.benchmarks.plots import INK, MAX_LABEL, PALETTE, colour, describe, hops_svg

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"


def group_of(records):
    (group,) = make_board(records).groups
    return group


def drawn(records, name="plot0"):
    return ElementTree.fromstring(hops_svg(group_of(records), name))


def texts(root):
    return [(element.text or "").strip("\u200b") for element in root.iter(f"{SVG}text")]


def test_the_plot_has_every_agent_and_every_number_of_hops():
    shown = texts(drawn(make_board_records()))
    assert {"oracle", "iterative", "single_shot", "random"} <= set(shown)
    assert {"1", "2", "3", "hops in the question", "F1, %"} <= set(shown)


def test_the_lines_are_where_the_scores_are():
    root = drawn([*make_many("up", 24), *make_many("down", 0)])
    heights = {}
    for place, agent in enumerate(("up", "down")):
        markers = [u for u in root.iter(f"{SVG}use") if colour(place) in (u.get("style") or "")]
        ((height, count),) = Counter(u.get("y") for u in markers).most_common(1)
        assert count == 3, "one marker for each number of hops, all on one height"
        heights[agent] = float(height)
    assert heights["up"] + 100 < heights["down"]  # an SVG counts downward


def test_without_two_numbers_of_hops_there_is_nothing_to_draw():
    assert hops_svg(group_of([make_one(hops=2)]), "p") is None
    assert hops_svg(group_of([make_one(hops=0)]), "p") is None


def test_it_fetches_nothing_and_takes_the_pages_ink():
    svg = hops_svg(group_of(make_board_records()), "plot0")
    root = ElementTree.fromstring(svg)
    assert svg.startswith("<svg") and "<!DOCTYPE" not in svg and "<metadata" not in svg
    for element in root.iter():
        for key, value in element.attrib.items():
            assert key not in ("href", f"{XLINK}href") or value.startswith("#")
            assert "http" not in value
    assert INK not in svg and "currentColor" in svg
    assert root.get("width") is None and root.get("role") == "img"


def test_two_plots_on_one_page_share_no_id():
    first, second = (drawn(make_board_records(), name) for name in ("plot0", "plot1"))
    ids = [{e.get("id") for e in root.iter() if e.get("id")} for root in (first, second)]
    assert ids[0] and not ids[0] & ids[1]
    for root, own in zip((first, second), ids, strict=True):
        links = {e.get(f"{XLINK}href") for e in root.iter() if e.get(f"{XLINK}href")}
        assert links and {link[1:] for link in links} <= own


def test_the_same_records_give_the_same_picture():
    first, second = (hops_svg(group_of(make_board_records()), "p") for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", [HOSTILE, "_hidden", "a$b$", r"C:\models\1 \g<0>", '" onload="x'])
def test_any_agent_name_is_drawn_as_text(name):
    root = drawn([*make_many(name, 3), *make_many("b", 6)])
    assert any(text and text[:20] == name[: len(text)][:20] for text in texts(root))
    assert not list(root.iter("script")) and not list(root.iter(f"{SVG}script"))
    assert not any(key.startswith("on") for e in root.iter() for key in e.attrib)
    assert name.split()[0] in root.get("aria-label")


@pytest.mark.filterwarnings("error")
def test_a_long_name_leaves_room_for_the_plot():
    name = "/models/" + "very-long-" * 20
    root = drawn([*make_many(name, 3), *make_many("b", 6)])
    (shown,) = [text for text in texts(root) if text.startswith("/models/")]
    assert len(shown) == MAX_LABEL and shown.endswith("…")
    assert name in root.get("aria-label")


def test_the_description_says_what_the_plot_shows():
    text = describe(group_of(make_many("a", 24)))
    assert text == "F1 in percent by number of hops. a: 100 at 1, 100 at 2, 100 at 3."
    group = group_of([*make_many("a", 3), *make_many("b", 6)])
    assert "b:" not in describe(replace(group, rows=group.rows[1:]))


def test_colours_go_round():
    assert colour(0) == colour(len(PALETTE)) and len(set(PALETTE)) == len(PALETTE)
