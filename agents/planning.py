"""What scripted agents need to write plans: queries cut to length, and the plan of known hops.

A plan's queries may have only so many words, so that words which say little go first. It knows the
nouns of a plan and no grammar; used by `transcript`, `oracle`, `iterative` and `planner`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from string import ascii_uppercase
from typing import NamedTuple

from ..core import Hop
from ..envs.plans import PLACEHOLDER, Edge, Node
from ..retrieval.analyzer import stop_words
from ..retrieval.readers.names import names

_TOKEN = re.compile(r"\S+")
_AROUND = re.compile(r"^\W+|\W+$")
_STOP_LIST = "english_plus"
"""That of the default analyzer: what BM25 does not look for anyway."""


class _Unit(NamedTuple):
    text: str
    words: int
    rank: int
    """0 for names and placeholders, 1 for other words, 2 for function words."""


def compress(query: str, max_words: int) -> str:
    """Return a query of at most `max_words` words, leaving out what says the least.

    Function words go first, then other words, those at the end before those at the beginning.
    Names stay whole as long as there is room for any; a placeholder is one word.

    >>> compress("Which city lies on the river Nolin and had the founder {A}?", 8)
    'Which city lies on river Nolin founder {A}?'
    >>> compress("the author of The Fallen Light of Nator", 5)
    'The Fallen Light of Nator'
    """
    units = _units(query)
    kept, room, whole = [], max_words, True
    for place in sorted(range(len(units)), key=lambda place: units[place].rank):
        unit = units[place]
        if unit.words <= room and (whole or unit.rank < 2):
            kept.append(place)
            room -= unit.words
        else:
            whole = False
    fitting = [units[place].text for place in sorted(kept)]
    return " ".join(fitting or query.split()[:max_words])


def everywhere(query: str, tools: Sequence[str], most: int) -> list[Node]:
    """Return the nodes that put one query to every source, or to the first `most`.

    >>> everywhere("Vel", ("General", "News"), most=8)
    [Node(label='A', query='Vel', tool='General'), Node(label='B', query='Vel', tool='News')]
    """
    labels = ascii_uppercase[:most]
    return [Node(label, query, tool) for label, tool in zip(labels, tools, strict=False)]


def plan_hops(
    hops: Sequence[Hop], tools: Sequence[str], most: int
) -> tuple[list[Node], list[Edge]]:
    """Return the plan of gold hops: a node for each, an edge from each hop that another needs.

    Where the answer of a needed hop stands in a query, a placeholder takes its place. The first
    `most` hops are planned. A hop whose source is no tool is put to the first tool.

    >>> hops = [Hop("Who made Vel?", "Ada Orm"), Hop("Where was Ada Orm born?", "Bo", needs=(0,))]
    >>> nodes, edges = plan_hops(hops, ("General",), most=8)
    >>> nodes[1], edges
    (Node(label='B', query='Where was {A} born?', tool='General'), [('A', 'B')])
    """
    labels = ascii_uppercase[: min(most, len(hops))]
    needs = _needs(hops[: len(labels)])
    nodes = []
    for label, hop, parents in zip(labels, hops, needs, strict=False):
        answers = {hops[parent].answer: labels[parent] for parent in reversed(parents)}
        tool = hop.source if hop.source in tools else tools[0]
        nodes.append(Node(label, _passed_on(hop.query, answers), tool))
    edges = [(labels[p], label) for label, ps in zip(labels, needs, strict=True) for p in ps]
    return nodes, edges


def _units(query: str) -> list[_Unit]:
    """Return the words of a query, those of a name or placeholder as one unit."""
    spans = [match.span() for match in PLACEHOLDER.finditer(query)] + _places_of_names(query)
    tokens = list(_TOKEN.finditer(query))
    owners = [
        next((n for n, (start, end) in enumerate(spans) if t.start() < end and start < t.end()), -i)
        for i, t in enumerate(tokens, 1)
    ]  # the number of a span, or else a number of the word's own
    return [
        _unit([token.group() for token, _ in group], owner >= 0)
        for owner, group in groupby(zip(tokens, owners, strict=True), key=lambda pair: pair[1])
    ]


def _places_of_names(query: str) -> list[tuple[int, int]]:
    places, end = [], 0
    for name in names(query):
        start = query.index(name, end)
        end = start + len(name)
        places.append((start, end))
    return places


def _unit(words: list[str], is_name: bool) -> _Unit:
    text = " ".join(words)
    if is_name:
        return _Unit(text, len(words), 0)
    little = _AROUND.sub("", text).lower() in stop_words(_STOP_LIST)
    return _Unit(text, len(words), 2 if little else 1)


def _needs(hops: Sequence[Hop]) -> list[list[int]]:
    """Return which of these hops each needs; where that goes in a circle, only earlier ones."""
    needs = [[n for n in dict.fromkeys(hop.needs) if 0 <= n < len(hops)] for hop in hops]
    try:
        TopologicalSorter(dict(enumerate(needs))).prepare()
    except CycleError:
        return [[n for n in parents if n < place] for place, parents in enumerate(needs)]
    return needs


def _passed_on(query: str, answers: Mapping[str, str]) -> str:
    """Put placeholders in the place of answers, which are given with the labels that found them."""
    longest_first = sorted(filter(None, answers), key=len, reverse=True)
    if not longest_first:
        return query
    pattern = "|".join(map(re.escape, longest_first))
    found = re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")
    return found.sub(lambda match: f"{{{answers[match[0]]}}}", query)
