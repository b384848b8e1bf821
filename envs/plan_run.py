"""The execution of one plan: layer by layer, each node's query filled with what its parents found.

It says what is to be asked next and takes the hits; who answers, it does not know. Where parents
only order the execution (`reader=None`, as published), placeholders are left out of the queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ConfigError, RetrievalError, named, users_code
from ..retrieval.readers import Reader
from .asking import SourceQuery
from .episode import Row
from .grammars.text import is_degenerate
from .plans import Node, Plan, substitute, unfilled


class PlanRun:
    """A plan while it is executed.

    Args:
        plan: A checked plan.
        reader: Reads the short answer that stands for a parent in its children's queries; None if
            nothing is handed on.
        kept: What was answered when the same plan was begun before and a source failed on the way;
            it is not asked again. New answers are added.
    """

    def __init__(
        self, plan: Plan, reader: Reader | None, kept: dict[SourceQuery, Row] | None = None
    ) -> None:
        self.plan = plan
        self.reader = reader
        self.kept = {} if kept is None else kept
        self.asked: dict[str, str] = {}
        """What each node asked, by label, in the order of execution."""
        self.rows: dict[str, Row] = {}
        self._nodes = {node.label: node for node in plan.nodes}
        self._parents = {parent for parent, _ in plan.edges}
        self._found: dict[str, str] = {}
        self._layers = iter(plan.layers)
        self._waiting: list[SourceQuery] = []

    def next_queries(self) -> list[SourceQuery]:
        """Return the next layer's queries; none when the plan is done.

        A node whose query came out empty, since a parent found nothing, is not asked.
        """
        for layer in self._layers:
            queries = [self._query(self._nodes[label]) for label in layer]
            self._waiting = []
            for query in queries:
                if query in self.kept:
                    self._note(query, self.kept[query])
                elif not is_degenerate(query.text):
                    self._waiting.append(query)
            if self._waiting:
                return self._waiting
        return []

    def take(self, rows: Sequence[Row]) -> list[SourceQuery]:
        """Take the hits of the queries asked last, and return the next ones."""
        for query, row in zip(self._waiting, rows, strict=True):
            self.kept[query] = row
            self._note(query, row)
        return self.next_queries()

    @property
    def found(self) -> list[Row]:
        """The hits of each node, in the order of execution."""
        return [self.rows.get(label, []) for label in self.asked]

    def record(self) -> dict[str, Any]:
        """Return what a step keeps of the plan: JSON-like, and all that was asked."""
        return {
            "nodes": [
                {
                    "label": node.label,
                    "query": node.query,
                    "tool": node.tool,
                    "source": node.tool,
                    "asked": self.asked[node.label],
                }
                for node in self.plan.nodes
            ],
            "edges": [list(edge) for edge in self.plan.edges],
            "layers": [list(layer) for layer in self.plan.layers],
        }

    def _query(self, node: Node) -> SourceQuery:
        filled = (
            unfilled(node.query) if self.reader is None else substitute(node.query, self._found)
        )
        self.asked[node.label] = filled
        return SourceQuery(filled, node.tool, node.label)

    def _note(self, query: SourceQuery, row: Row) -> None:
        self.rows[query.node] = row
        if self.reader is not None and query.node in self._parents:
            self._found[query.node] = self._read(self.reader, query.node, row)

    def _read(self, reader: Reader, label: str, row: Row) -> str:
        with users_code("reader", reader, RetrievalError):
            found = reader(self.asked[label], row)
        if not isinstance(found, str):
            raise ConfigError(
                f"The reader {named(reader)} returned a {type(found).__name__} ({found!r:.60}); "
                "return a str, empty where nothing is found."
            )
        return found


def size_of(records: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return how large the plans of an episode are, from what its steps kept of them."""
    nodes = sum(len(record["nodes"]) for record in records)
    depth = sum(len(record["layers"]) for record in records)
    width = max((len(layer) for record in records for layer in record["layers"]), default=0)
    return {
        "plans": float(len(records)),
        "nodes": float(nodes),
        "depth": float(depth),
        "width": float(width),
    }
