"""Hostile inputs by the million: actions, documents, judge replies and records of data files.

`hopgym fuzz` makes them from a seed, checks what must hold of every one, and keeps those that break
something, to be replayed. See docs/fuzzing.md.
"""

from __future__ import annotations
