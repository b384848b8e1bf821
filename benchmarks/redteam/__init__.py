"""Reward hacking as a test: agents that go for the reward, and what they earn beside honest play.

`hopgym redteam` plays them against any environment, reward or judge. See docs/redteam.md.
"""

from __future__ import annotations

from .exploit import Exploit, at_once, scripted, searched
from .families import FAMILIES, all_exploits, make_exploits, register

__all__ = [
    "FAMILIES",
    "Exploit",
    "all_exploits",
    "at_once",
    "make_exploits",
    "register",
    "scripted",
    "searched",
]
