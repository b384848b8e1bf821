"""Faults on purpose: what long work is worth when it is killed.

`hopgym faults kill` kills a command at random moments, lets it go on, and compares what it leaves
with what an undisturbed run leaves. See docs/faults.md.
"""

from __future__ import annotations

from .artefact import Omission, artefact, differences
from .kills import Kill, Outcome, kill
from .recipe import Recipe
from .recipes import all_recipes, make_recipes, recipe_of

__all__ = [
    "Kill",
    "Omission",
    "Outcome",
    "Recipe",
    "all_recipes",
    "artefact",
    "differences",
    "kill",
    "make_recipes",
    "recipe_of",
]
