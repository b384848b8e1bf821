"""Agents times environments → results → leaderboard.

Nothing in hopgym imports this package but the command. Importing it loads nothing heavy; the
plots, intervals and pages come with `pip install "hopgym[plots]"`.
"""

from __future__ import annotations

from .leaderboard import load_board
from .records import Record
from .suites import SUITES, Suite, Task, make_suite

__all__ = ["SUITES", "Record", "Suite", "Task", "load_board", "make_suite"]
