"""Where the boxes and arrows of a plan's picture lie.

Layers are columns from left to right; a plan that is deeper than broad runs from top to bottom
instead, so that a plan of eight nodes is never wider than four boxes. An arrow that skips layers
gets a lane of its own between their boxes, so that none ever crosses a box. This module knows
labels and edges and nothing of what stands in a box.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

BOX = (216, 72)
"""A box's width and height."""

GAP = 44
"""Between two layers: room for the arrows."""

SPACE = 16
"""Between two boxes of a layer."""

LANE = 10
"""What an arrow takes of a layer that it skips."""

HEAD = 5
"""An arrow's head."""

DEPTH = 3
"""Layers that always fit side by side."""

Edges = Sequence[tuple[str, str]]
Slot = tuple[str, bool]
"""A place in a layer: a box, by its label, or (False) the lane of all arrows from that label."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The picture's size and what lies where, in pixels."""

    width: int
    height: int
    boxes: Mapping[str, tuple[int, int]]
    """The upper left corner of each box, by label."""
    arrows: tuple[str, ...]
    """The path of each edge, with its head, in the language of SVG's `d`."""


def plan_layout(layers: Sequence[Sequence[str]], edges: Edges) -> Layout:
    """Lay out a plan.

    Args:
        layers: Labels by topological layer.
        edges: `(parent, child)`, from an earlier layer into a later one.

    >>> layout = plan_layout([["A"], ["B"]], [("A", "B")])
    >>> layout.width, layout.height, layout.boxes
    (476, 72, {'A': (0, 0), 'B': (260, 0)})
    >>> layout.arrows
    ('M216,36C238,36 238,36 260,36m-5,-5l5,5l-5,5',)
    """
    across = len(layers) <= max(DEPTH, *map(len, layers))
    along, wide = BOX if across else BOX[::-1]
    middles = _middles(_slots(layers, edges), edges, wide)
    size = _turned(
        len(layers) * (along + GAP) - GAP,
        max(row[slot] + _half(slot, wide) for row in middles for slot in row),
        across,
    )
    boxes = {
        label: _turned(level * (along + GAP), row[label, True] - wide // 2, across)
        for level, row in enumerate(middles)
        for label, is_box in row
        if is_box
    }
    return Layout(*size, boxes, tuple(_arrow(edge, middles, along, across) for edge in edges))


def _slots(layers: Sequence[Sequence[str]], edges: Edges) -> list[list[Slot]]:
    """Return what stands in each layer: its boxes, and a lane for each node with arrows past it."""
    depth = {label: level for level, layer in enumerate(layers) for label in layer}
    reach = dict(depth)
    for parent, child in edges:
        reach[parent] = max(reach[parent], depth[child])
    return [
        [(label, True) for label in layer]
        + [(label, False) for label in depth if depth[label] < level < reach[label]]
        for level, layer in enumerate(layers)
    ]


def _middles(rows: list[list[Slot]], edges: Edges, wide: int) -> list[dict[Slot, int]]:
    """Place each layer's slots, those under their parents' middle first, and centre the layers."""
    placed: list[dict[Slot, int]] = []
    for row in rows:
        above = placed[-1] if placed else {}
        ordered = sorted(row, key=lambda slot: _pull(slot, above, edges))
        placed.append(_stack(ordered, wide))
    low = min(row[slot] - _half(slot, wide) for row in placed for slot in row)
    return [{slot: middle - low for slot, middle in row.items()} for row in placed]


def _pull(slot: Slot, above: Mapping[Slot, int], edges: Edges) -> float:
    """Return where a slot's arrows come from, on average."""
    label, is_box = slot
    parents = [parent for parent, child in edges if child == label] if is_box else [label]
    places = [above[p, kind] for p in parents for kind in (True, False) if (p, kind) in above]
    return sum(places) / len(places) if places else 0.0


def _stack(row: list[Slot], wide: int) -> dict[Slot, int]:
    """Put slots one after another around zero."""
    steps = [_half(a, wide) + SPACE + _half(b, wide) for a, b in pairwise(row)]
    places = list(accumulate(steps, initial=_half(row[0], wide)))
    shift = (places[-1] + _half(row[-1], wide)) // 2
    return {slot: place - shift for slot, place in zip(row, places, strict=True)}


def _half(slot: Slot, wide: int) -> int:
    return (wide if slot[1] else LANE) // 2


def _arrow(edge: tuple[str, str], middles: list[dict[Slot, int]], along: int, across: bool) -> str:
    """Draw from a box's far side to the child's near side, through the lanes between them."""
    parent, child = edge
    start = next(level for level, row in enumerate(middles) if (parent, True) in row)
    end = next(level for level, row in enumerate(middles) if (child, True) in row)
    path, middle = "", middles[start][parent, True]
    for level in range(start, end):
        far = level * (along + GAP) + along
        near, half = far + GAP, far + GAP // 2
        following = middles[level + 1][(child, True) if level + 1 == end else (parent, False)]
        path += f"{'L' if path else 'M'}{_point(far, middle, across)}"
        bend = [(half, middle), (half, following), (near, following)]
        path += "C" + " ".join(_point(*point, across) for point in bend)
        middle = following
    head = [(-HEAD, -HEAD), (HEAD, HEAD), (-HEAD, HEAD)]
    return path + "".join(
        f"{sign}{_point(*by, across)}" for sign, by in zip("mll", head, strict=True)
    )


def _turned(along: int, beside: int, across: bool) -> tuple[int, int]:
    return (along, beside) if across else (beside, along)


def _point(along: int, beside: int, across: bool) -> str:
    x, y = _turned(along, beside, across)
    return f"{x},{y}"
