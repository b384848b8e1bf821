"""How results stand in text: one line for each document that a node of a plan found.

`Node A (General): [Title] text`; a document that was shown before is only named, as `Node B (News):
see above: [Title]`; a node without documents says so. Documents, titles and sources are hostile:
none can begin a tag, a line or another document. Used by `dag.DagGrammar`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ..plans import Node
from .base import MAX_TITLE
from .text import without_tags

MAX_SOURCE = 60
"""Characters of a source's name that are shown."""

_LINE = re.compile(
    r"^Node ([A-Z]) \(([^()\n]*)\): (?:\[(.*?)\](?: (.*))?|see above: \[(.*)\]|nothing found)$",
    re.MULTILINE,
)


def node_lines(
    node: Node, source: str, documents: Sequence[tuple[str, str, bool]], limit: int
) -> list[str]:
    """Return what a node found, one safe line for each document.

    Args:
        node: The node that asked.
        source: Who was asked.
        documents: `(title, text, new)`; what is not new was shown before.
        limit: Characters of a text that are shown; it is cut before it is wrapped.

    >>> node = Node("A", "who made Vel", "General")
    >>> node_lines(node, "General", [("Vel", "A film.", True), ("Ada", "A town.", False)], 4)
    ['Node A (General): [Vel] A', 'Node A (General): see above: [Ada]']
    """
    head = f"Node {node.label} ({_source(source)}): "
    if not documents:
        return [f"{head}nothing found"]
    return [
        head
        + (
            _document(title[: 4 * MAX_TITLE], text[: 4 * limit], limit)
            if new
            else f"see above: [{_title(title)}]"
        )
        for title, text, new in documents
    ]


def read_documents(block: str) -> list[tuple[str, str]]:
    """Return the title and text of each document that is shown, not only named."""
    return [(found[3], found[4] or "") for found in _LINE.finditer(block) if found[3] is not None]


def read_nodes(blocks: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Return `(title, text)` of what each node of the last block found, by label.

    What is only named gets the text of the document of this title that was shown before: of the
    same source if there is one, else of any.
    """
    texts: dict[tuple[str, ...], str] = {}
    nodes: dict[str, list[tuple[str, str]]] = {}
    for block in blocks:
        nodes = {}
        for line in _LINE.finditer(block):
            label, source, title, text, named = line.groups()
            found = nodes.setdefault(label, [])
            if title is not None:
                texts[source, title] = texts[(title,)] = text or ""
                found.append((title, text or ""))
            elif named is not None:
                found.append((named, texts.get((source, named), texts.get((named,), ""))))
    return nodes


@lru_cache(maxsize=65_536)
def _document(title: str, text: str, limit: int) -> str:
    return f"[{_title(title)}] {without_tags(text, limit)}".rstrip()


def _title(title: str) -> str:
    # A bracket ends the title for readers, so a title may not contain one.
    return without_tags(title, MAX_TITLE).replace("]", ")")


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    return without_tags(name, MAX_SOURCE).replace("(", "[").replace(")", "]")
