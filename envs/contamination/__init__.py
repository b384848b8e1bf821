"""Contamination: which questions of an evaluation also stand in what was trained on, and by what.

[`keys`][hopgym.envs.contamination.keys] says what makes two questions the same,
[`ngrams`][hopgym.envs.contamination.ngrams] which texts are nearly the same, and
[`overlap`][hopgym.envs.contamination.overlap] compares two sets of questions by all of it.
"""

from __future__ import annotations

from .keys import chain_of
from .overlap import EXACT, KINDS, NEAR, Asked, Finding, Overlap, asked, compare

__all__ = [
    "EXACT",
    "KINDS",
    "NEAR",
    "Asked",
    "Finding",
    "Overlap",
    "asked",
    "chain_of",
    "compare",
]
