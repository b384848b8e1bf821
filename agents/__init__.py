"""Agents by name: observation in, action out. `make_agent` takes a user's own as well.

To add one: a file with a class that has `name`, `reset` and `act` (or a plain function of the
observation), one line below, and a test of the same name.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, cast

from ..errors import ConfigError, named, users_code
from ..registry import Registry
from ..retrieval.options import check_options, split_options
from .base import Agent, FunctionAgent
from .model_folder import read_model_folder

AGENTS: Registry[Any] = Registry("agent", "hopgym agents")
register = AGENTS.register

register(
    "random", "Asks and answers at random: the floor.", "hopgym.agents.random_agent:RandomAgent"
)
register("oracle", "Knows the gold: the ceiling.", "hopgym.agents.oracle:OracleAgent")
register(
    "expert",
    "Knows the gold, and says what it found: a teacher for `hopgym expert`.",
    "hopgym.agents.expert.agent:ExpertAgent",
)
register(
    "closed_book",
    "Never searches; guesses from the train split.",
    "hopgym.agents.closed_book:ClosedBookAgent",
)
register(
    "single_shot",
    "Searches once, reads, answers.",
    "hopgym.agents.single_shot:SingleShotAgent",
)
register(
    "iterative",
    "Takes the question apart and searches hop by hop; learns nothing.",
    "hopgym.agents.iterative:IterativeAgent",
)
register(
    "planner",
    "Plans all searches before it reads; learns nothing.",
    "hopgym.agents.planner:PlannerAgent",
)

register(
    "ppr",
    "Selects the facts nearest the topics, by PageRank: 'ppr?facts=8'.",
    "hopgym.agents.ppr:PprAgent",
)
register(
    "cosine",
    "Selects the facts whose words are nearest to the question: 'cosine?encoder=NAME'.",
    "hopgym.agents.cosine:CosineAgent",
)
register(
    "llm",
    "Any causal language model: 'llm?model=FOLDER'.",
    "hopgym.agents.llm.agent:llm_agent",
)
register(
    "openai",
    "A model behind any OpenAI-compatible URL: 'openai?model=NAME'.",
    "hopgym.agents.api.openai:OpenAIAgent",
)
register("gemini", "A Gemini model: 'gemini?model=NAME'.", "hopgym.agents.api.gemini:GeminiAgent")
register(
    "tiny",
    "A small language model that comes with hopgym; knows 1 and 2 hops, in r3.",
    "hopgym.agents.tiny.policy:tiny_agent",
)

register(
    "sb3",
    "A policy of Stable-Baselines3 that selects facts: 'sb3?model=FOLDER'.",
    "hopgym.agents.sb3.agent:sb3_agent",
)

register(
    "rag",
    "DPR and T5, trained end to end: 'rag?model=FOLDER'.",
    "hopgym.agents.rag.agent:rag_agent",
)
register(
    "drag",
    "D-RAG's retriever, which selects facts: 'drag?model=FOLDER'.",
    "hopgym.agents.drag.agent:drag_agent",
)
register(
    "compress",
    "Reads documents as vectors, and expands some (REFRAG): 'compress?model=FOLDER&expand=0.25'.",
    "hopgym.agents.compress.agent:compress_agent",
)
register(
    "rag_chat",
    "A chat model that answers from the documents shown: 'rag_chat?model=FOLDER'.",
    "hopgym.agents.rag_chat.agent:rag_chat_agent",
)

__all__ = ["AGENTS", "Agent", "FunctionAgent", "make_agent", "register"]


def make_agent(spec: Any, **options: Any) -> Agent:
    """Return an agent by name, by `module:attribute`, of a model's folder, or as it is.

    What a name stands for is a class or factory, whose keywords are its options, as in
    `"llm?model=runs/mine&temperature=0.7"`; a function of one observation; or an agent. A folder
    that a trainer wrote says itself how it is played (see `hopgym.agents.model_folder`), and takes
    the same options: `"runs/mine?temperature=0.7"`.

    Args:
        spec: A name or folder, with options if any; a function, class or agent.
        **options: Further options of the factory.

    >>> make_agent("oracle").name
    'oracle'
    >>> make_agent(len).act(["four"], [{}])
    [4]

    Raises:
        UnknownNameError: If no agent has that name.
        ConfigError: If what was named is no agent, or has no such option.
        DataError: If a folder does not say how it is played.
    """
    if isinstance(spec, Path):
        return _of_folder(spec, options)
    if not isinstance(spec, str):
        return _agent(spec, spec, options)
    name, written = split_options(spec)
    options = {**written, **options}
    if name not in AGENTS and ".py:" not in name and Path(name).is_dir():
        return _of_folder(Path(name), options)
    if name not in AGENTS and "/" in name and ":" not in name:
        raise ConfigError(
            f"There is no folder {name!r}, and no agent is called so. Give the folder that a "
            "trainer wrote, a name (list: `hopgym agents`), or your own as file.py:NAME."
        )
    return _agent(AGENTS.get(name), name, options)


def _of_folder(folder: Path, options: dict[str, Any]) -> Agent:
    kind, saved = read_model_folder(folder)
    return _agent(AGENTS.get(kind), kind, {**saved, **options})


def _agent(part: Any, spec: Any, options: dict[str, Any]) -> Agent:
    if callable(part) and not _plays(part) and _is_factory(part, options):
        check_options(part, named(spec).strip("'"), options)
        with users_code("agent factory", spec):
            made = part(**options)
        return _agent(made, spec, {})
    if options:
        raise ConfigError(
            f"The agent {named(spec)} takes no options ({', '.join(options)}): it is no factory."
        )
    if _plays(part):
        return cast("Agent", part)
    if callable(part) and not inspect.isclass(part):
        _check_takes_one(part, spec)
        label = spec.rpartition(":")[2] if isinstance(spec, str) else None
        return FunctionAgent(part, label)
    raise ConfigError(
        f"{spec!r:.200} is no agent{_lack(part)}. Give a name ({', '.join(AGENTS)}), a function "
        "`observation -> action`, or an object with `name`, `reset(seed)` and "
        "`act(observations, infos)`."
    )


def _lack(part: Any) -> str:
    """Say what keeps a thing from being an agent, where it comes near."""
    if inspect.isclass(part) and _needed(part):
        return ": its class needs arguments (name a factory without any, or with options alone)"
    missing = [name for name in ("name", "reset", "act") if not hasattr(part, name)]
    return f": it lacks {', '.join(missing)}" if len(missing) < 3 else ""


def _plays(part: Any) -> bool:
    return isinstance(part, Agent) and not inspect.isclass(part)


def _is_factory(part: Any, options: dict[str, Any]) -> bool:
    """Return whether a callable makes an agent: it needs no argument, or options alone."""
    needed = _needed(part)
    if needed is None:
        return inspect.isclass(part)
    by_position = [p for p in needed if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    return not by_position and (not needed or bool(options))


def _check_takes_one(function: Any, spec: Any) -> None:
    needed = _needed(function)
    if needed is None:
        return
    if len(needed) > 1 or needed[0].kind is inspect.Parameter.KEYWORD_ONLY:
        raise ConfigError(
            f"The agent function {named(spec)} needs the arguments "
            f"{', '.join(p.name for p in needed)}; an agent function takes one, the observation."
        )


def _needed(part: Any) -> list[inspect.Parameter] | None:
    """Return the arguments that a callable must be given; None where that cannot be known."""
    try:
        parameters = inspect.signature(part).parameters.values()
    except (TypeError, ValueError):  # some built-in functions have no signature
        return None
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p for p in parameters if p.default is p.empty and p.kind not in kinds]
