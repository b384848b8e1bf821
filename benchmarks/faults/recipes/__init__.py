"""The recipes: small, deterministic, offline, on a CPU.

To add one: a module here with `RECIPES`, and its name in `MODULES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from itertools import takewhile

from ....errors import ConfigError, UnknownNameError
from ..recipe import OUT, Recipe

MODULES = (
    "bench", "kb", "sft", "ppo", "tiny", "grpo", "sb3", "drag", "rag", "rag_chat", "refrag",
    "compress",
)  # fmt: skip


def all_recipes() -> dict[str, Recipe]:
    """Return the recipes by name."""
    modules = (import_module(f".{name}", __name__) for name in MODULES)
    return {recipe.name: recipe for module in modules for recipe in module.RECIPES}


def make_recipes(names: Sequence[str]) -> list[Recipe]:
    """Return recipes by name; `all` stands for all.

    Raises:
        UnknownNameError: If there is none of a name.
    """
    known = all_recipes()
    wanted = list(known) if "all" in names else list(dict.fromkeys(names))
    for name in wanted:
        if name not in known:
            raise UnknownNameError(
                f"No recipe {name!r}. There are: {', '.join(known)}, all. To kill a command of "
                f"your own, write it behind --, with {OUT} where its folder belongs."
            )
    return [known[name] for name in wanted]


def recipe_of(words: Sequence[str], resume: Sequence[str] | None = None) -> Recipe:
    """Return a recipe for a command that a user gives.

    A command of ours goes on as its recipe does, and the same things are left out.

    Args:
        words: The command, with `{out}`.
        resume: What is added to go on; what is known of the command if None.

    Raises:
        ConfigError: If the command has no `{out}`, or nothing is known of how it goes on.
    """
    alike = [one for one in all_recipes().values() if _verbs(one.command) == _verbs(words)]
    ours = _verbs(words)[:1] == ["hopgym"] and len(_verbs(words)) > 1 and alike
    if resume is None and not ours:
        raise ConfigError(
            f"How {' '.join(words[:3])!r} goes on after a kill is not known. Give --resume with "
            "what is added to the command, such as --resume=--resume; or --resume '' if the same "
            "command goes on."
        )
    return Recipe(
        name="command",
        summary="your own",
        command=tuple(words),
        resume=tuple(alike[0].resume if resume is None else resume),
        omissions=tuple(alike[0].omissions) if ours else (),
        aliases=alike[0].aliases if ours else {},
        env={},
    )


def _verbs(words: Sequence[str]) -> list[str]:
    """Return a command's words before its first flag.

    >>> _verbs(["hopgym", "train", "ppo", "--lr", "1"])
    ['hopgym', 'train', 'ppo']
    """
    return list(takewhile(lambda word: not word.startswith("-"), words))
