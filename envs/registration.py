"""The environments' ids in Gymnasium's registry. Registering twice is harmless."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import gymnasium

from ..errors import unknown_name
from ..registry import load_module


class EnvEntry(NamedTuple):
    """One environment, for listings."""

    id: str
    summary: str
    by_hand: Mapping[str, Any] = {}
    """Keywords with which a person plays it, unless told otherwise."""


ENVS: dict[str, EnvEntry] = {}


def register(
    id: str,
    entry_point: str | type[gymnasium.Env[Any, Any]],
    vector_entry_point: str | type[gymnasium.vector.VectorEnv[Any, Any, Any]],
    summary: str,
    by_hand: Mapping[str, Any] | None = None,
) -> None:
    """Make an environment known to `gymnasium.make` and to `hopgym envs`.

    Args:
        id: `namespace/Name-v0`.
        entry_point: The single environment's class, or `"module:Class"` to import it late.
        vector_entry_point: The same for the native vector environment.
        summary: One line.
        by_hand: Keywords with which `hopgym play` makes it, unless told otherwise.
    """
    ENVS[id] = EnvEntry(id, summary, by_hand or {})
    known = gymnasium.registry.get(id)
    if known is None or known.entry_point != entry_point:
        gymnasium.register(id, entry_point, vector_entry_point=vector_entry_point)  # type: ignore[arg-type]


def find_env(spec: str) -> str:
    """Return the registered id of `id`, `module:id` or `file.py:id`, importing what stands before.

    Raises:
        UnknownNameError: If no environment has that id.
        ConfigError: If there is no such module or file.
    """
    source, _, name = spec.rpartition(":")
    if source:
        load_module(source, spec)
    if name not in gymnasium.registry:
        raise unknown_name("environment", name, ENVS, "hopgym envs")
    return name


def register_all() -> None:
    """Register hopgym's own environments: one line for each."""
    register(
        "hopgym/SearchRead-v0",
        "hopgym.envs.search_read:SearchReadEnv",
        "hopgym.envs.search_read:SearchReadVectorEnv",
        "Search and read step by step, then answer (R3-RAG, Search-R1).",
    )
    register(
        "hopgym/DagSearch-v0",
        "hopgym.envs.dag_search:DagSearchEnv",
        "hopgym.envs.dag_search:DagSearchVectorEnv",
        "Plan a DAG of searches over several sources, then answer (Reasoning-Search).",
    )
    register(
        "hopgym/KGSubgraph-v0",
        "hopgym.envs.subgraph:make_env",
        "hopgym.envs.subgraph:make_vector_env",
        "Select the facts of a knowledge graph that answer the question (D-RAG, SB3).",
        {"observation": "text", "mode": "sequential"},
    )
    register(
        "hopgym/RAG-v0",
        "hopgym.envs.rag.env:RagEnv",
        "hopgym.envs.rag.vector:RagVectorEnv",
        "Documents first, then the answer; hop by hop, by a generator or the agent (RAG, REFRAG).",
    )
