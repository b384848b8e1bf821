"""How the published code of Reasoning-Search reads an episode, its holes included.

It searches one raw text, whoever wrote it, for tags: the sections in their order with any one
character between the answer's, the plan in the first search block, the answer in the first answer
block. Here that text is all actions and all that the environment replied, refused actions included.
Written anew from the behaviour of `check_r1`, `check_dag` and `reward_fn` of
wentao0429/Reasoning-search at 9cf6475 (arXiv 2506.08352), in linear time; for comparison, and for
the table of what its holes are worth. Never train on it.
"""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter

from ..core import Trajectory

MAX_NODES = 6
"""Nodes that the published check reads; it overlooks any more."""

_TOOLS = ("general", "news", "academy")
_ALIASES = {"search": "general", "\u65b0\u95fb": "news", "\u5b66\u672f": "academy"}
_CANONICAL = str.maketrans(
    {"\uff0c": ";", "\uff1b": ";", "\u3001": ";", "\uff1a": ":", "\uff08": "(", "\uff09": ")"}
)
_BLANKS = re.compile(r"[^\S\n]+")
_LABEL = re.compile(r"([A-Za-z]) ?:")
_TOOL = re.compile(r"[\w -]+")
_EDGE = re.compile(r"([A-Za-z]) ?(?:->|\u2192) ?([A-Za-z])")
_SECTIONS = (("think", 1), ("search", 1), ("result", 0), ("answer", 1))
"""The sections in their order, and how many characters each must have at least."""


def raw_text(trajectory: Trajectory) -> str:
    """Return everything that was written after the question, by anyone."""
    return "".join(f"{step.action}{step.observation}" for step in trajectory.steps)


def has_sections(text: str) -> bool:
    """Return whether the four sections occur in their order, somewhere.

    >>> has_sections("<think>a</think><search>b</search><result></result><answer> </answer>")
    True
    """
    at = 0
    for tag, least in _SECTIONS:
        start = _find(f"<{tag}>", text, at)
        end = _find(f"</{tag}>", text, start + least) if start >= 0 else -1
        if end < 0:
            return False
        at = end
    return True


def valid_graph(text: str) -> bool:
    r"""Return whether the first search block holds a plan that the published check lets through.

    >>> valid_graph("<search>Nodes:\nA: x (News)\nEdges:\n</search>")
    True
    """
    block = block_of("search", text)
    nodes, edges = _read_plan(block or "")
    if not nodes or any(tool not in _TOOLS for tool in nodes.values()):
        return False
    if any(a not in nodes or b not in nodes or a == b for a, b in edges):
        return False
    return _is_acyclic(edges)


def judged_text(text: str) -> str:
    """Return what the published code has judged.

    The first answer block; without one, what follows the results, or else what stands outside of
    all sections.
    """
    answer = block_of("answer", text)
    if answer is not None:
        return answer.strip()
    after = _find("</result>", text, 0)
    if after >= 0:
        return text[after:].strip()
    for tag in ("think", "search", "result"):
        text = _without(tag, text)
    return text.strip()


def block_of(tag: str, text: str) -> str | None:
    """Return what stands between the first pair of tags; None if there is no pair.

    >>> block_of("answer", "<answer>a</answer><answer>b</answer>")
    'a'
    """
    start = _find(f"<{tag}>", text, 0)
    end = _find(f"</{tag}>", text, start) if start >= 0 else -1
    return None if end < 0 else text[start : end - len(tag) - 3]


def _find(tag: str, text: str, at: int) -> int:
    """Return where the first such tag from `at` on ends; -1 if there is none."""
    match = re.compile(re.escape(tag), re.IGNORECASE | re.ASCII).search(text, at)
    return match.end() if match else -1


def _without(tag: str, text: str) -> str:
    kept, at = [], 0
    while (start := _find(f"<{tag}>", text, at)) >= 0:
        end = _find(f"</{tag}>", text, start)
        if end < 0:
            break
        kept.append(text[at : start - len(tag) - 2])
        at = end
    return "".join((*kept, text[at:]))


def _read_plan(block: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Return the tool of each label, and the edges, as leniently as published."""
    nodes: dict[str, str] = {}
    edges: list[tuple[str, str]] = []
    in_edges = False
    for line in _BLANKS.sub(" ", block.translate(_CANONICAL)).split("\n"):
        in_edges = in_edges or line.strip().lower().startswith("edges")
        if in_edges:
            found = (_EDGE.search(part) for part in line.split(";"))
            edges += [(match[1].upper(), match[2].upper()) for match in found if match]
        elif len(nodes) < MAX_NODES and (node := _read_node(line.strip())):
            nodes[node[0]] = node[1]
    return nodes, edges


def _read_node(line: str) -> tuple[str, str] | None:
    """Read `A: query (tool)`; the query may be a blank, and the brackets square."""
    line = line.removesuffix(";").rstrip()
    opened = max(line.rfind("("), line.rfind("["))
    if opened < 2 or line[-1] not in ")]":
        return None
    label, tool = _LABEL.search(line[: opened - 1]), line[opened + 1 : -1]
    if not label or not _TOOL.fullmatch(tool):
        return None
    tool = tool.strip().lower()
    return label[1].upper(), _ALIASES.get(tool, tool)


def _is_acyclic(edges: list[tuple[str, str]]) -> bool:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for parent, child in edges:
        sorter.add(child, parent)
    try:
        sorter.prepare()
    except CycleError:
        return False
    return True
