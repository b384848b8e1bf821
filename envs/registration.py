"""The environments' ids in Gymnasium's registry. Registering twice is harmless."""

from __future__ import annotations

from typing import NamedTuple

import gymnasium


class EnvEntry(NamedTuple):
    """One environment: its id, where its classes are, and one line for listings."""

    id: str
    entry_point: str
    vector_entry_point: str
    summary: str


ENVS: dict[str, EnvEntry] = {}


def register(id: str, entry_point: str, vector_entry_point: str, summary: str) -> None:
    """Make an environment known to `gymnasium.make` and to `hopgym envs`.

    Args:
        id: `namespace/Name-v0`.
        entry_point: `"module:Class"` of the single environment.
        vector_entry_point: `"module:Class"` of the native vector environment.
        summary: One line.
    """
    ENVS[id] = EnvEntry(id, entry_point, vector_entry_point, summary)
    if id not in gymnasium.registry:
        gymnasium.register(id, entry_point, vector_entry_point=vector_entry_point)


def register_all() -> None:
    """Register hopgym's own environments: one line for each."""
    register(
        "hopgym/SearchRead-v0",
        "hopgym.envs.search_read:SearchReadEnv",
        "hopgym.envs.search_read:SearchReadVectorEnv",
        "Search and read step by step, then answer (R3-RAG, Search-R1).",
    )
