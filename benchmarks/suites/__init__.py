"""Suites: fixed tasks that agents are compared on.

To add one: a module with a `Suite`, and its line here. One of your own needs no fork: name it
`module:attribute` or `file.py:attribute`.
"""

from .four_ways import FOUR_WAYS
from .kg import KG, REAL_KG
from .quick import QUICK
from .real import REAL
from .retrieval import RETRIEVAL
from .suite import (
    DATA_VARIABLE,
    SUITES,
    Suite,
    Task,
    check_files,
    make_suite,
    register,
    with_data,
)
from .world import HOPS, MISSING, NOISE

__all__ = [
    "DATA_VARIABLE",
    "DEFAULT",
    "FOUR_WAYS",
    "HOPS",
    "KG",
    "MISSING",
    "NOISE",
    "QUICK",
    "REAL",
    "REAL_KG",
    "RETRIEVAL",
    "SUITES",
    "Suite",
    "Task",
    "check_files",
    "make_suite",
    "register",
    "with_data",
]

DEFAULT = QUICK.name

for _suite in (QUICK, FOUR_WAYS, HOPS, NOISE, MISSING, RETRIEVAL, KG, REAL, REAL_KG):
    register(_suite.name, _suite.summary, lambda suite=_suite: suite)
