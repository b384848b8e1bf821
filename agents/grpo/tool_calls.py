"""The tools: which there are for an environment, and how each call becomes an action's text.

TRL and the library transformers read a tool's name, types and docstring, and show them to the
model as a JSON schema; a docstring here is what the model knows of its tool. A call that cannot be
(arguments that are missing, unknown or of another type, an empty query) becomes an action that the
environment refuses in its own way: it costs what an unreadable action costs.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from ...envs.dag_search import DagSearchStage
from ...envs.grammars import StepGrammar
from ...envs.grammars.dag import DagGrammar
from ...envs.grammars.plan_text import read_block, write_block
from ...envs.grammars.text import is_degenerate, without_tags
from .tool_episode import ToolEpisode
from .tool_text import for_chat

Tool = TypeVar("Tool", bound=Callable[..., str])

_THOUGHT = "I search."
_NEITHER = "?"
"""A line of a plan that is neither a node nor edges."""
_SOURCES_CHARS = 400


def tool(method: Tool) -> Tool:
    """Make a tool of a method that returns an action: its call plays the action.

    The call returns what the environment says to it. Arguments that do not fit the method are no
    Python error, which TRL would show to the model for nothing: the method gets empty texts.
    """
    signature = inspect.signature(method)
    blank = [
        "" for given in list(signature.parameters.values())[1:] if given.default is given.empty
    ]

    @functools.wraps(method)
    def call(self: ToolEpisode, /, *args: Any, **keywords: Any) -> str:
        try:
            bound = signature.bind(self, *args, **keywords)
        except TypeError:
            bound = signature.bind(self, *blank)
        return self._act(lambda: method(*bound.args, **bound.kwargs))

    return cast("Tool", call)


class SearchReadTools(ToolEpisode):
    """The tools of `hopgym/SearchRead-v0`."""

    @tool
    def answer(self, answer: str) -> str:
        """Give the final answer to the question. It can be given once, and nothing comes after it.

        Args:
            answer: The answer, short and alone.
        """
        return self._step_grammar.write_answer(self._turn, "", as_text(answer))

    @tool
    def search(self, query: str) -> str:
        """Search for documents. There may be {turns} calls in all, the one of `answer` included.

        Args:
            query: What to search for: one query for one fact.
        """
        return self._step_grammar.write_query(self._turn, "", as_text(query))

    @property
    def _step_grammar(self) -> StepGrammar:
        return cast("StepGrammar", self._hop.stage.grammar)

    @property
    def _turn(self) -> int:
        assert self._playing is not None
        return int(self._playing.info["turn"])

    def _facts(self) -> dict[str, Any]:
        stage = self._hop.stage
        return {"turns": stage.max_steps + stage.force_answer}


class DagSearchTools(ToolEpisode):
    """The tools of `hopgym/DagSearch-v0`."""

    @tool
    def answer(self, answer: str) -> str:
        """Give the final answer to the question. It can be given once, and nothing comes after it.

        Args:
            answer: The answer, short and alone.
        """
        text = as_text(answer)
        if is_degenerate(text):  # the grammar would write "unknown" for it
            return f"<answer>{without_tags(text)}</answer>"
        return self._plan_grammar.write_answer(1, "", text)

    @tool
    def search(self, nodes: list[str], edges: list[str] | None = None) -> str:
        """Run a plan of searches; those that do not build on each other run at once.

        There may be {plans} in all, before the call of `answer`.

        Args:
            nodes: The searches, at most {max_nodes}. Each is a capital letter, a colon, a query of
                at most {max_words} words, and in brackets the source to ask ({sources}), as
                "A: director of Vel ({source})". In a query, {A} stands for what search A finds, as
                in "B: birthplace of {A} ({source})".
            edges: Which search builds on which, as "A -> B"; left out where none does.
        """
        block = f"{as_lines(nodes)}\nEdges:\n{as_lines(edges)}"
        draft = read_block(block)  # only how it is laid out: whether it is a plan, the turn says
        written = block if draft is None else write_block(draft.nodes, draft.edges)
        return f"<think>{_THOUGHT}</think>\n<search>\n{written}\n</search>"

    @property
    def _plan_grammar(self) -> DagGrammar:
        return cast("DagGrammar", self._hop.stage.grammar)

    def _facts(self) -> dict[str, Any]:
        stage = cast("DagSearchStage", self._hop.stage)
        plans, sources = stage.turns - 1, self._plan_grammar.tools
        return {
            "plans": "one plan" if plans == 1 else f"{plans} plans",
            "max_nodes": stage.max_nodes,
            "max_words": stage.max_query_words,
            "sources": for_chat(", ".join(sources))[:_SOURCES_CHARS],
            "source": for_chat(sources[0]),
        }


def documented(tools: ToolEpisode) -> type[ToolEpisode]:
    """Return the class of some tools, its docstrings filled with the limits of their environment.

    It bears the name of the class, by which TRL logs the reward.
    """
    kind, facts = type(tools), cast("Any", tools)._facts()
    search = cast("Any", kind).search

    @functools.wraps(search)
    def filled(self: ToolEpisode, /, *args: Any, **keywords: Any) -> str:
        return cast("str", search(self, *args, **keywords))

    text = str(search.__doc__)
    for name, value in facts.items():
        text = text.replace(f"{{{name}}}", str(value))
    filled.__doc__ = text
    return type(kind.__name__, (kind,), {"search": filled, "__doc__": kind.__doc__})


def as_text(given: Any) -> str:
    """Return an argument that should be text; a number as its digits, and nothing for all else.

    >>> as_text("Lyon"), as_text(1912), as_text(None), as_text(["Lyon"])
    ('Lyon', '1912', '', '')
    """
    if isinstance(given, int | float) and not isinstance(given, bool):
        return str(given)
    return given if isinstance(given, str) else ""


def as_lines(given: Any) -> str:
    r"""Return an argument that should be a list of lines; what is no line makes no plan.

    >>> as_lines(["A: director of Vel (News)", "B: born {A} (General)"])
    'A: director of Vel (News)\nB: born {A} (General)'
    >>> as_lines("A -> B"), as_lines(None), as_lines([1])
    ('A -> B', '', '?')
    """
    if given is None or isinstance(given, str):
        return given or ""
    if not isinstance(given, list | tuple):
        return _NEITHER
    return "\n".join([line if isinstance(line, str) else _NEITHER for line in given])
