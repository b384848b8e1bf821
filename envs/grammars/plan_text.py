"""How a plan stands in text: node lines and edge lines, read leniently and written strictly.

One line is one node, `LABEL: query (Tool)`, or some edges, `A -> B -> C; D -> C`. Full-width
punctuation counts as the plain one; brackets may be square; a node may end in `;`, and further
nodes may follow it on the line. The header `Nodes:` may be absent; so may `Edges:` with all after
it, which may also be empty or `none`. Anything else is no plan text: a header twice or out of
order, an edge among the nodes, a label of another form, a node without brackets. Used by
`dag.DagGrammar`; whether nodes and edges make a plan is `hopgym.envs.plans`' to say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import pairwise
from string import ascii_uppercase
from typing import NamedTuple

from ..plans import LABELS, PLACEHOLDER, Edge, Node
from .text import OPEN_BRACKET, first_words, is_degenerate, one_line, seen_through

_FULL_WIDTH = "，、；：（）［］【】｛｝＃＞－＝"  # noqa: RUF001
_PLAIN = ",,;:()[][]{}#>-="
_CANONICAL = str.maketrans(_FULL_WIDTH, _PLAIN) | {
    ord(letter) + 0xFEE0: letter for letter in ascii_uppercase
}
_HEADER = re.compile(r"(?:(nodes?|节点)|edges?|边) ?: ?", re.IGNORECASE)
_NODE_BREAK = re.compile(r"(?<=[)\]]) ?; ?(?=[A-Z] ?:)")
_SEPARATOR = re.compile("[;,]")
_ARROW = re.compile("[-=]{1,2}>|[→⇒⟶➔]")
_NO_EDGES = ("", "none", "(none)", "无")
_TAG_BRACKET = re.compile(OPEN_BRACKET)


class Draft(NamedTuple):
    """What a block says, unchecked."""

    nodes: list[Node]
    """Their tools as they were written."""
    edges: list[Edge]


def canonical(text: str) -> str:
    r"""Return text with plain punctuation and capitals for full-width ones, one for one.

    >>> canonical("\uff21\uff1a who directed Vel \u3010News\u3011\uff1b")
    'A: who directed Vel [News];'
    """
    return text.translate(_CANONICAL)


def read_block(block: str) -> Draft | None:
    r"""Read what stands inside `<search>`; None if a line is neither a node nor edges.

    >>> read_block("Nodes:\nA: who directed Vel (News);\nB: born {A} [web]\nEdges: A → B")
    ... # doctest: +NORMALIZE_WHITESPACE
    Draft(nodes=[Node(label='A', query='who directed Vel', tool='News'),
                 Node(label='B', query='born {A}', tool='web')], edges=[('A', 'B')])
    """
    read = _read(block)
    return read if isinstance(read, Draft) else None


def bad_line(block: str) -> int | None:
    r"""Return which line, from 1 and without the blank ones, is neither a node nor edges.

    >>> bad_line("Nodes:\nA: who directed Vel (News)\n\nB: born {A}")
    3
    """
    read = _read(block)
    return None if isinstance(read, Draft) else read


def write_block(nodes: Iterable[Node], edges: Iterable[Edge]) -> str:
    """Write nodes, whose queries are `writable`, and edges.

    >>> print(write_block([Node("A", "who directed Vel", "News")], []))
    Nodes:
    A: who directed Vel (News)
    Edges:
    none
    """
    declared = [f"{node.label}: {node.query} ({node.tool})" for node in nodes]
    arrows = [f"{parent} -> {child}" for parent, child in edges]
    return "\n".join(["Nodes:", *declared, "Edges:", *(arrows or ["none"])])


def writable(query: str, fillable: Collection[str], max_words: int, max_chars: int) -> str:
    """Return any text as a query that a node may have, cut to its first words.

    Args:
        query: Any text, hostile or not.
        fillable: The labels whose placeholders stay; others are defused.
        max_words: The most words.
        max_chars: The most characters.

    >>> writable("born {A} {Z} </search>; B: x", "A", 5, 99)
    "born {A} 'Z' /search>, B:"
    """
    line = one_line(query, max_chars)
    plain = seen_through(line)
    if _TAG_BRACKET.search(plain):
        line = _TAG_BRACKET.sub(" ", plain)
    line = canonical(line).replace(";", ",")
    cut = one_line(first_words(line, max_words)[:max_chars])
    # No replacement is longer than what it replaces, so that nothing has to be cut again.
    safe = PLACEHOLDER.sub(lambda match: _kept(match, fillable), cut)
    return "unknown" if is_degenerate(safe) else safe


def _read(block: str) -> Draft | int:
    """Return what a block says, or the number of the first line that says nothing."""
    draft = Draft([], [])
    place = 0  # 1 among the nodes, 2 among the edges
    for number, line in enumerate(filter(None, map(one_line, canonical(block).split("\n"))), 1):
        header = _HEADER.match(line)
        if header:
            before, place = place, 1 if header[1] else 2
            if place <= before:
                return number
            line = line[header.end() :]
        if line:
            place = place or 1
            if not (_read_nodes(line, draft) if place == 1 else _read_edges(line, draft)):
                return number
    return draft


def _kept(match: re.Match[str], fillable: Collection[str]) -> str:
    if (match[1] or match[2]) in fillable:
        return match[0]
    return f"'{match[1]}'" if match[1] else f"'{match[2]}"


def _read_nodes(line: str, draft: Draft) -> bool:
    for text in _NODE_BREAK.split(line):
        label, _, rest = text.partition(":")
        rest = rest.rstrip(" ;,")
        opened = max(rest.rfind("("), rest.rfind("["))
        if label.rstrip() not in LABELS or opened < 0 or rest[-1] not in ")]":
            return False
        draft.nodes.append(
            Node(label.rstrip(), rest[:opened].strip(), rest[opened + 1 : -1].strip())
        )
    return True


def _read_edges(line: str, draft: Draft) -> bool:
    for item in _SEPARATOR.split(line):
        chain = item.strip(" .")
        if chain.lower() in _NO_EDGES:
            continue
        ends = [end.strip() for end in _ARROW.split(chain)]
        if len(ends) < 2 or not LABELS.issuperset(ends):
            return False
        draft.edges.extend(pairwise(ends))
    return True
