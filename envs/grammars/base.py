"""What a grammar is: the text protocol between a policy and an environment that is played in text.

A grammar reads one action (or says, as a typed code, why it cannot be read), writes what the
environment adds to the transcript, and writes actions for agents that are no language models. It
knows text and nothing of retrieval, rewards or episodes. `Grammar` is what all of them share;
`StepGrammar` is played step by step (SearchRead), `dag.DagGrammar` plans first (DagSearch), and
`SelectGrammar` selects facts by number (KGSubgraph).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from numbers import Integral
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

from ...core import Fact
from ...errors import ConfigError
from ..plans import Plan
from .text import CONTROL, is_degenerate

MAX_ACTION_CHARS = 16_384
"""A longer action is not read: 8 times the longest turn that published systems allow."""

MAX_QUERY_CHARS = 1_024
"""A longer query or answer is not read: it is a pasted document, not a query."""

MAX_QUESTION_CHARS = 8_192
"""Characters of a question that are shown."""

MAX_TITLE = 200
"""Characters of a document's title that are shown."""


Kind = Literal["query", "plan", "answer", "select", "stop"]


class ParseError(StrEnum):
    """Why an action could not be read."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    CONTROL_CHARACTERS = "control_characters"
    NO_STEP = "no_step"
    BAD_STEP_INDEX = "bad_step_index"
    NO_ANALYSIS = "no_analysis"
    NO_ACTION = "no_action"
    BOTH_ACTIONS = "both_actions"
    REPEATED_ACTION = "repeated_action"
    EMPTY_QUERY = "empty_query"
    EMPTY_ANSWER = "empty_answer"
    TEXT_AFTER_ACTION = "text_after_action"
    UNCLOSED_TAG = "unclosed_tag"
    NESTED_TAGS = "nested_tags"
    FORGED_MARKER = "forged_marker"
    """The action contains a marker that only the environment may write."""
    DEGENERATE = "degenerate"
    """The query or answer has no letter, digit or symbol."""
    QUERY_NOT_ALLOWED = "query_not_allowed"
    """Only an answer may be given in the last, forced turn."""
    NO_SEARCH = "no_search"
    """The turn is for a plan, and there is none."""
    RESULT_IN_PLAN = "result_in_plan"
    """The agent wrote results itself."""
    NO_NODES = "no_nodes"
    TOO_MANY_NODES = "too_many_nodes"
    BAD_NODE = "bad_node"
    """A line of the plan is neither a node nor edges."""
    DUPLICATE_LABEL = "duplicate_label"
    UNKNOWN_TOOL = "unknown_tool"
    UNKNOWN_LABEL = "unknown_label"
    """An edge or a placeholder names a node that was not declared."""
    SELF_LOOP = "self_loop"
    CYCLE = "cycle"
    QUERY_TOO_LONG = "query_too_long"
    """A node's query has more words than are allowed."""
    MISSING_ANSWER = "missing_answer"
    """The turn is for the answer, and there is none."""
    ORDER = "order"
    """The sections stand in another order, or more often, than the format has them."""
    EMPTY_SELECTION = "empty_selection"
    BAD_NUMBER = "bad_number"
    """What should be the number of a fact is none."""
    TOO_MANY_FACTS = "too_many_facts"
    """More facts are selected than there are."""


class Move(NamedTuple):
    """An action as understood."""

    kind: Kind
    analysis: str
    text: str
    """The query or the answer; of a plan, its block as it was written; of a selection, its list."""
    plan: Plan | None = None
    """What a plan asks for."""
    numbers: tuple[int, ...] = ()
    """The facts that a selection names."""


class Grammar(Protocol):
    """What every text protocol has. Stateless."""

    name: ClassVar[str]
    summary: ClassVar[str]
    retries: ClassVar[int]
    """Unreadable actions that a turn forgives by default."""
    unreadable_ends: ClassVar[bool]
    """Whether an unforgiven action ends the episode; otherwise it costs a turn."""
    stop: ClassVar[tuple[str, ...]]
    """Strings at which a language model's turn is over."""
    keep_stop: ClassVar[bool]
    """Whether the string that stopped it belongs to the action."""

    @property
    def instructions(self) -> str:
        """The rules, in words for a language model."""

    def opening(self, question: str) -> str:
        """Return the transcript before the first turn."""

    def before_action(self) -> str:
        """Return what the environment writes between the transcript and an accepted action."""

    def reason(self, error: ParseError, action: str) -> str:
        """Return, in a sentence or two, what is wrong with an action and what is allowed."""

    def refusal(self, error: ParseError, action: str) -> tuple[str, str]:
        """Return what is kept of an unreadable action, made safe, and the note that follows it."""

    def write_query(self, step: int, analysis: str, query: str) -> str:
        """Write an action that asks a query; what could break the grammar is neutralised."""

    def write_answer(self, step: int, analysis: str, answer: str) -> str:
        """Write an action that gives the answer."""

    def read_documents(self, observation: str) -> list[tuple[str, str]]:
        """Return `(title, text)` of each document shown so far, in order."""

    def read_queries(self, observation: str) -> list[str]:
        """Return the queries asked so far, in order."""


@runtime_checkable
class StepGrammar(Grammar, Protocol):
    """A protocol of single steps: one query or the answer at a time."""

    def parse(self, action: str, step: int) -> Move | ParseError:
        """Read the action of turn `step` (from 1)."""

    def documents(self, lines: Sequence[str]) -> str:
        """Wrap document lines, each made by `document`."""

    def document(self, number: int, title: str, text: str, limit: int) -> str:
        """Return one document as one safe line, its text cut to `limit` characters first."""

    def last_call(self) -> str:
        """Return the note that opens the forced last turn."""


@runtime_checkable
class SelectGrammar(Grammar, Protocol):
    """A protocol of selecting facts by number; queries and answers it refuses to write."""

    def opening(
        self,
        question: str,
        topics: Sequence[str] = (),
        facts: Sequence[Fact] = (),
        turns: int = 0,
    ) -> str:
        """Return the transcript before the first turn: the question, its topics and the facts."""

    def read_opening(self, observation: str) -> str:
        """Return what of an observation stood there before the first turn."""

    def parse(self, action: str, step: int) -> Move | ParseError:
        """Read the action of a turn."""

    def selected(self, numbers: Sequence[int], refused: Sequence[tuple[int, str]] = ()) -> str:
        """Return the reply to a selection: all that is selected, and what was not taken and why."""

    def turns_left(self, count: int) -> str:
        """Return the line that opens a turn."""

    def write_selection(self, numbers: Sequence[int], analysis: str = "") -> str:
        """Write an action that selects facts."""

    def write_stop(self, analysis: str = "") -> str:
        """Write the action that ends the episode."""

    def read_facts(self, observation: str) -> list[tuple[int, str]]:
        """Return the number and the words of each fact on offer."""

    def read_selected(self, observation: str) -> list[int]:
        """Return the numbers of the facts that are selected so far."""


def check_size(action: str) -> ParseError | None:
    """Refuse what is too long, empty or has control characters, before any parsing."""
    if len(action) > MAX_ACTION_CHARS:
        return ParseError.TOO_LONG
    if not action or action.isspace():
        return ParseError.EMPTY
    # What is printable, line feeds aside, has no control characters: the usual case, and quick.
    if not action.replace("\n", "").isprintable() and CONTROL.search(action):
        return ParseError.CONTROL_CHARACTERS
    return None


def check_content(kind: Kind, text: str) -> ParseError | None:
    """Refuse a query or answer that is empty, too long or has no letter or digit."""
    if not text:
        return ParseError.EMPTY_QUERY if kind == "query" else ParseError.EMPTY_ANSWER
    if len(text) > MAX_QUERY_CHARS:
        return ParseError.TOO_LONG
    if is_degenerate(text):
        return ParseError.DEGENERATE
    return None


def check_written(step: Any, analysis: Any, text: Any) -> None:
    """Refuse to write an action of what is no number and two texts.

    Raises:
        ConfigError: If one of them is something else; the message says which.
    """
    if not isinstance(step, Integral):
        raise ConfigError(f"The step of an action is a whole number from 1, not {step!r:.60}.")
    for noun, given in (("analysis", analysis), ("query or answer", text)):
        if not isinstance(given, str):
            raise ConfigError(f"The {noun} of an action is a str, not {given!r:.60}.")
