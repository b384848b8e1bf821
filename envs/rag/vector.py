"""The native vector environment of `hopgym/RAG-v0`."""

from __future__ import annotations

from typing import ClassVar

from ..env import HopEnv
from ..vector import HopVectorEnv
from .env import RagEnv


class RagVectorEnv(HopVectorEnv):
    """Many RAG episodes at once: a hop of all their openings is one retrieval call."""

    env_class: ClassVar[type[HopEnv]] = RagEnv
