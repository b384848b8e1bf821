"""Text protocols by name: `"r3"`, `"search_r1"`, `"rag"`, `"dag"`, `"select"`, your own.

SearchRead is played in the first two, RAG in `"rag"` (`"rag_answer"` where the agent asks no
queries), DagSearch in `"dag"` and KGSubgraph in `"select"`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from ...errors import ConfigError, named, users_code
from ...registry import Registry
from .base import Grammar, Move, ParseError, SelectGrammar, StepGrammar

GRAMMARS: Registry[Grammar] = Registry("grammar", "hopgym envs")
register = GRAMMARS.register

register(
    "r3",
    "R3-RAG: `Step k:`, analysis, one query or the answer.",
    "hopgym.envs.grammars.r3:R3Grammar",
)
register(
    "search_r1",
    "Search-R1: `<think>`, `<search>` or `<answer>`.",
    "hopgym.envs.grammars.search_r1:SearchR1Grammar",
)
register(
    "rag",
    "RAG: documents in boundary tokens, then `Query:` or `Answer:` with citations.",
    "hopgym.envs.grammars.rag:RagGrammar",
)
register(
    "rag_answer",
    "RAG in one turn: the answer, with or without `Answer:`.",
    "hopgym.envs.grammars.rag:RagAnswerGrammar",
)
register(
    "dag",
    "DAG plan: `<think>` and a `<search>` of nodes and edges, then `<answer>`.",
    "hopgym.envs.grammars.dag:DagGrammar",
)
register(
    "select",
    "Facts by number: `<think>`, then one `<select>`.",
    "hopgym.envs.grammars.select:SelectFacts",
)

__all__ = [
    "GRAMMARS",
    "Grammar",
    "Move",
    "ParseError",
    "SelectGrammar",
    "StepGrammar",
    "grammar_of",
    "make_grammar",
    "register",
]


def grammar_of(info: Mapping[str, Any]) -> Grammar:
    """Return the grammar that an episode is played in, with the limits that its info tells."""
    if "select_mode" in info:
        return _select_grammar(info["grammar"], info["select_mode"])
    if "tools" not in info:
        return make_grammar(info["grammar"])
    limits = (int(info["max_nodes"]), int(info["max_query_words"]))
    return _plan_grammar(info["grammar"], tuple(info["tools"]), *limits)


@lru_cache(maxsize=64)
def _plan_grammar(name: str, tools: tuple[str, ...], max_nodes: int, max_words: int) -> Grammar:
    """Make a grammar once: whoever plays asks for it at every observation."""
    return make_grammar(name, tools=tools, max_nodes=max_nodes, max_words=max_words)


@lru_cache(maxsize=64)
def _select_grammar(name: str, mode: str) -> Grammar:
    return make_grammar(name, mode=mode)


def make_grammar(spec: str | Grammar, **options: Any) -> Grammar:
    """Return a grammar by name, by `module:attribute`, or as it is.

    Args:
        spec: A name, or a grammar.
        **options: Keywords of what the name stands for, such as `max_nodes` of "dag".

    >>> make_grammar("r3").opening("Who?")
    'The question: Who?'

    Raises:
        UnknownNameError: If no grammar has that name.
        ConfigError: If it is no grammar, or takes no such option.
    """
    grammar: Any = spec
    if isinstance(spec, str):
        factory = GRAMMARS.get(spec)
        with users_code("grammar factory", spec):
            grammar = factory(**options)
    elif options:
        raise ConfigError(
            f"The grammar {named(spec)} is made already: it takes no options ({', '.join(options)})."
        )
    if not hasattr(grammar, "parse") and not hasattr(grammar, "parse_turn"):
        raise ConfigError(f"{spec!r:.100} is no grammar. Give a name ({', '.join(GRAMMARS)}).")
    return cast("Grammar", grammar)
