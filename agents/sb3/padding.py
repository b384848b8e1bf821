"""A graph of its own size, as the padded observation that policies of Stable-Baselines3 read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def as_padded(seen: Any) -> Any:
    """Return a `"graph"` observation of `hopgym/KGSubgraph-v0` as the `"padded"` one.

    The two show the same, so that a policy of the one plays the other. What is no graph is returned
    as it is.

    Args:
        seen: `{"graph": GraphInstance, "selected": [facts], …}`. The first column of the graph's
            edges is the relation's number.

    Returns:
        A dict of arrays with room for `facts` facts and twice as many entities.
    """
    if not (isinstance(seen, Mapping) and hasattr(seen.get("graph"), "edge_links")):
        return seen
    graph, facts = seen["graph"], len(seen["selected"])
    ends = np.asarray(graph.edge_links, dtype=np.int32).reshape(-1, 2).T
    edges, nodes = np.asarray(graph.edges), np.asarray(graph.nodes)
    return {
        "edge_index": np.stack([_filled(side, facts) for side in ends]),
        "edge_type": _filled(edges[:, 0].astype(np.int32), facts),
        "edge_feat": _filled(edges[:, 1:], facts),
        "edge_mask": _filled(np.ones(len(edges), dtype=np.int8), facts),
        "node_feat": _filled(nodes, 2 * facts),
        "node_mask": _filled(np.ones(len(nodes), dtype=np.int8), 2 * facts),
        **{name: value for name, value in seen.items() if name != "graph"},
    }


def _filled(values: np.ndarray[Any, Any], size: int) -> np.ndarray[Any, Any]:
    """Return some rows with zeros after them."""
    made = np.zeros((size, *values.shape[1:]), dtype=values.dtype)
    made[: len(values)] = values
    return made
