"""The environments, their grammars, spaces and question sets.

Importing this package registers the ids and nothing else; the classes are imported by
`gymnasium.make`.
"""

from __future__ import annotations

from .registration import ENVS, register, register_all

__all__ = ["ENVS", "register", "register_all"]

register_all()
