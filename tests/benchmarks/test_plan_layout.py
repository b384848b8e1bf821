import re
from itertools import combinations, pairwise

import pytest
from dag_steps import layers_of
from hypothesis import given, settings
from hypothesis import strategies as st

from hopgym.benchmarks.plan_layout import BOX, GAP, HEAD, SPACE, plan_layout


@st.composite
def plans(draw):
    """Layers and edges of an acyclic plan of 1 to 8 nodes."""
    labels = "ABCDEFGH"[: draw(st.integers(1, 8))]
    pairs = list(combinations(labels, 2))
    edges = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    return layers_of(labels, edges), edges


def points(path, steps=24):
    """Points along an arrow without its head, as SVG's `d` says: M, L and C with absolute places."""
    body, _ = path.split("m")
    track = []
    for sign, numbers in re.findall(r"([MLC])([\d., -]+)", body):
        flat = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        places = list(zip(flat[::2], flat[1::2], strict=True))
        if sign == "M":
            track += places
            continue
        controls = [track[-1], *places] if sign == "C" else [track[-1], places[0]]
        for step in range(1, steps + 1):
            track.append(bezier(controls, step / steps))
    return track


def bezier(controls, t):
    while len(controls) > 1:
        controls = [
            ((1 - t) * a[0] + t * b[0], (1 - t) * a[1] + t * b[1]) for a, b in pairwise(controls)
        ]
    return controls[0]


def inside(point, corner, slack=0.01):
    return all(
        corner[axis] + slack < point[axis] < corner[axis] + BOX[axis] - slack for axis in (0, 1)
    )


@settings(max_examples=300)
@given(plans())
def test_boxes_are_apart_and_within_the_picture(plan):
    layers, edges = plan
    layout = plan_layout(layers, edges)
    assert sorted(layout.boxes) == sorted(label for layer in layers for label in layer)
    for x, y in layout.boxes.values():
        assert 0 <= x <= layout.width - BOX[0] and 0 <= y <= layout.height - BOX[1]
    for one, other in combinations(layout.boxes.values(), 2):
        gaps = [abs(one[axis] - other[axis]) - BOX[axis] for axis in (0, 1)]
        assert max(gaps) >= SPACE
    assert layout.width <= 4 * BOX[0] + 3 * GAP + 8 * SPACE + 80


@settings(max_examples=300)
@given(plans())
def test_no_arrow_crosses_a_box_or_leaves_the_picture(plan):
    layers, edges = plan
    layout = plan_layout(layers, edges)
    assert len(layout.arrows) == len(edges)
    for path in layout.arrows:
        for point in points(path):
            assert 0 <= point[0] <= layout.width and 0 <= point[1] <= layout.height
            for label, corner in layout.boxes.items():
                assert not inside(point, corner), (label, path)


@given(plans())
def test_arrows_go_from_the_parents_edge_to_the_childs(plan):
    layers, edges = plan
    layout = plan_layout(layers, edges)
    for (parent, child), path in zip(edges, layout.arrows, strict=True):
        track = points(path)
        for label, point, far in [(parent, track[0], True), (child, track[-1], False)]:
            x, y = layout.boxes[label]
            width, height = BOX
            sideways = (x + width * far, y + height / 2)
            downwards = (x + width / 2, y + height * far)
            assert point in (sideways, downwards)


@given(plans())
def test_layers_follow_each_other(plan):
    layers, edges = plan
    layout = plan_layout(layers, edges)
    axis = 0 if len(layers) <= max(3, *map(len, layers)) else 1
    starts = [{layout.boxes[label][axis] for label in layer} for layer in layers]
    assert starts == [{level * (BOX[axis] + GAP)} for level in range(len(layers))]


@pytest.mark.parametrize(
    ("layers", "edges", "size"),
    [
        ([["A"]], [], BOX),
        ([list("ABCDEFGH")], [], (BOX[0], 8 * BOX[1] + 7 * SPACE)),
        ([[c] for c in "ABCDEFGH"], list(pairwise("ABCDEFGH")), (BOX[0], 8 * BOX[1] + 7 * GAP)),
        ([["A"], ["B"], ["C"]], list(pairwise("ABC")), (3 * BOX[0] + 2 * GAP, BOX[1])),
    ],
    ids=["one", "broad", "deep", "chain"],
)
def test_the_size_of_plain_plans(layers, edges, size):
    layout = plan_layout(layers, edges)
    assert (layout.width, layout.height) == size


def test_children_stand_in_the_order_of_their_parents():
    layout = plan_layout([["A", "B"], ["C", "D"]], [("B", "C"), ("A", "D")])
    assert layout.boxes["D"][1] < layout.boxes["C"][1]


def test_arrows_past_the_same_layer_from_one_node_share_a_lane():
    edges = [("A", "B"), ("B", "C"), ("B", "D"), ("A", "C"), ("A", "D")]
    layout = plan_layout([["A"], ["B"], ["C", "D"]], edges)
    first, second = (path.split("C")[:2] for path in layout.arrows[3:])
    assert first == second


def test_an_arrow_has_its_head_at_its_end():
    (arrow,) = plan_layout([["A"], ["B"]], [("A", "B")]).arrows
    assert arrow.endswith(f"m-{HEAD},-{HEAD}l{HEAD},{HEAD}l-{HEAD},{HEAD}")
    deep = plan_layout([[c] for c in "ABCD"], list(pairwise("ABCD"))).arrows[0]
    assert deep.endswith(f"m-{HEAD},-{HEAD}l{HEAD},{HEAD}l{HEAD},-{HEAD}"), "it points downwards"
