"""hopgym: reinforcement-learning environments for multi-hop question answering.

Importing it registers the environments with Gymnasium and loads nothing heavy.

>>> import gymnasium, hopgym
>>> "hopgym/SearchRead-v0" in gymnasium.registry
True
"""

from __future__ import annotations

from . import envs

__version__ = "0.1.0"
__all__ = ["__version__", "envs"]
