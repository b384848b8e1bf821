"""The grammar of selecting facts by number: `hopgym/KGSubgraph-v0` played in text.

The opening shows the question, where it begins, and the facts on offer, a numbered line each. An
action is an optional `<think>…</think>` and then exactly one `<select>…</select>`, which holds
numbers with commas between them, or one word: `none`, where all facts are selected at once, and
`stop`, where they are selected turn by turn. Both words are read in both modes: `stop` then selects
nothing, and `none` passes a turn. Whether a number is on offer is the environment's matter; the
grammar reads numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from numbers import Integral
from typing import ClassVar, Literal, get_args

from ...core import Fact
from ...errors import AgentError, ConfigError
from . import refusals
from .base import (
    MAX_ACTION_CHARS,
    MAX_QUERY_CHARS,
    Move,
    ParseError,
    check_size,
)
from .select_text import END, FACTS, INSTRUCTIONS, NO_WORDS, listed, opening, reply
from .text import OPEN_BRACKET, seen_through, without_tags

Mode = Literal["one_shot", "sequential"]

_WORDS: dict[str, str] = {"one_shot": "none", "sequential": "stop"}
_ACTION = re.compile(r"<select>(.*?)</select>", re.DOTALL)
_ANY_TAG = re.compile(r"</?select>")
_INNER = re.compile(r"</?(?:think|select)>")
_NUMBER = re.compile(r"[0-9]{1,9}")
_ENV_TAG = re.compile(rf"{OPEN_BRACKET}[\s/]*(?:facts|selected)", re.IGNORECASE)
_SHOWN = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)
_REPLY = re.compile(r"^<selected>\nSelected: (.*)\.$", re.MULTILINE)


class SelectFacts:
    """Think, select.

    Args:
        mode: How it is told and written, not what is read. `"one_shot"`: one action selects all.
            `"sequential"`: some facts in each turn, then stop.

    Raises:
        ConfigError: If there is no such mode.

    >>> SelectFacts().parse("<think>Both.</think><select>2, 5</select>", 1).numbers
    (2, 5)
    """

    name: ClassVar[str] = "select"
    summary: ClassVar[str] = "Facts by number: `<think>`, then one `<select>`."
    retries: ClassVar[int] = 0
    unreadable_ends: ClassVar[bool] = False
    stop: ClassVar[tuple[str, ...]] = ("</select>",)
    keep_stop: ClassVar[bool] = True

    def __init__(self, mode: Mode = "one_shot") -> None:
        if mode not in get_args(Mode):
            raise ConfigError(f"mode is {mode!r:.60}; it may be {' or '.join(get_args(Mode))}.")
        self.mode = mode
        self.word = _WORDS[mode]
        self.instructions = INSTRUCTIONS[mode]

    def opening(
        self,
        question: str,
        topics: Sequence[str] = (),
        facts: Sequence[Fact] = (),
        turns: int = 0,
    ) -> str:
        """Return the question, where it begins, and the facts by number.

        Args:
            question: Its text.
            topics: The entities that it is about.
            facts: Those on offer; fact i is selected by i.
            turns: How many there are; 0 says nothing of them.
        """
        return opening(question, topics, facts, turns)

    def read_opening(self, observation: str) -> str:
        """Return what of an observation stood there before the first turn; all, if no end is seen.

        Chats show it as the user's message. Other grammars know it by the question alone.
        """
        before, end, _ = observation.partition(END)
        return before + end

    def read_facts(self, observation: str) -> list[tuple[int, str]]:
        """Return the number and the words of each fact on offer."""
        shown = self.read_opening(observation).partition(FACTS)[2]
        return [(int(number), words) for number, words in _SHOWN.findall(shown)]

    def read_selected(self, observation: str) -> list[int]:
        """Return the numbers of the facts that are selected so far."""
        lists = _REPLY.findall(observation)
        return [int(number) for number in _NUMBER.findall(lists[-1])] if lists else []

    def parse(self, action: str, step: int) -> Move | ParseError:
        """Read the thought and the selection; `step` plays no part.

        Returns:
            A move of kind "stop", or "select" with its numbers, each once.
        """
        error = check_size(action)
        if error:
            return error
        if _ENV_TAG.search(seen_through(action)):
            return ParseError.FORGED_MARKER
        match = _ACTION.search(action)
        if not match:
            return ParseError.UNCLOSED_TAG if _ANY_TAG.search(action) else ParseError.NO_ACTION
        return _check_tags(action, match) or _move(action, match)

    def before_action(self) -> str:
        """Nothing stands between the transcript and an action."""
        return ""

    def selected(self, numbers: Sequence[int], refused: Sequence[tuple[int, str]] = ()) -> str:
        """Return the environment's reply to a selection.

        Args:
            numbers: All that is selected by now.
            refused: Numbers that were not taken, and why.
        """
        return reply(numbers, refused)

    def turns_left(self, count: int) -> str:
        """Return the line that opens a turn."""
        last = " Write stop now, or no answer is read." if count == 1 else ""
        return f"Turns left: {count}.{last}\n"

    def reason(self, error: ParseError, action: str) -> str:
        """Say what is wrong, and what is allowed."""
        return refusals.reason(refusals.SELECT, error, word=self.word)

    def refusal(self, error: ParseError, action: str) -> tuple[str, str]:
        """Keep the action, neutralised, and say why."""
        kept = without_tags(action[:MAX_ACTION_CHARS], MAX_QUERY_CHARS)
        why = self.reason(error, action)
        return kept, f"\nThat action is not valid ({error.value}). {why}\n"

    def write_selection(self, numbers: Sequence[int], analysis: str = "") -> str:
        """Write an action that selects facts; of none, where all are selected at once, `none`.

        Raises:
            ConfigError: If one is no number from 0, or there is none and the turn needs one.

        >>> SelectFacts().write_selection([2, 5])
        '<select>2, 5</select>'
        """
        for number in numbers:
            if isinstance(number, bool) or not isinstance(number, Integral) or number < 0:
                raise ConfigError(f"A fact's number is a whole number from 0, not {number!r:.60}.")
        if not len(numbers) and self.mode == "sequential":
            raise ConfigError("A turn selects one fact or more; write_stop() ends the episode.")
        return _write(analysis, listed(numbers) or self.word)

    def write_stop(self, analysis: str = "") -> str:
        """Write the action that ends the episode.

        Raises:
            ConfigError: If one action selects all, so that there is nothing to stop.
        """
        if self.mode != "sequential":
            raise ConfigError("mode=one_shot ends by its one selection; there is no stop.")
        return _write(analysis, self.word)

    def write_query(self, step: int, analysis: str, query: str) -> str:
        """Refuse: there is nothing to search.

        Raises:
            AgentError: Always; agents that search cannot play this.
        """
        raise AgentError(NO_WORDS)

    def write_answer(self, step: int, analysis: str, answer: str) -> str:
        """Refuse: answers are read off the facts.

        Raises:
            AgentError: Always; agents that answer cannot play this.
        """
        raise AgentError(NO_WORDS)

    def read_documents(self, observation: str) -> list[tuple[str, str]]:
        """Return nothing: there are facts and no documents."""
        return []

    def read_queries(self, observation: str) -> list[str]:
        """Return nothing: there are no queries."""
        return []

    def unescaped(self, text: str) -> str:
        """Return text as it was meant, for people: its tags are no longer neutralised."""
        return text.replace("&lt;", "<")


def _check_tags(action: str, match: re.Match[str]) -> ParseError | None:
    if _INNER.search(match[1]):
        return ParseError.NESTED_TAGS
    if len(_ANY_TAG.findall(action)) > 2:
        return ParseError.REPEATED_ACTION
    if action[match.end() :].strip():
        return ParseError.TEXT_AFTER_ACTION
    return None


def _move(action: str, match: re.Match[str]) -> Move | ParseError:
    analysis = action[: match.start()].replace("<think>", "").replace("</think>", "").strip()
    text = " ".join(match[1].split()).casefold()
    if not text:
        return ParseError.EMPTY_SELECTION
    if text in _WORDS.values():
        return Move("stop" if text == "stop" else "select", analysis, text)
    parts = [part.strip() for part in text.split(",")]
    if not all(map(_NUMBER.fullmatch, parts)):
        return ParseError.BAD_NUMBER
    numbers = tuple(dict.fromkeys(map(int, parts)))
    return Move("select", analysis, listed(numbers), numbers=numbers)


def _write(analysis: str, text: str) -> str:
    if not isinstance(analysis, str):
        raise ConfigError(f"The analysis of an action is a str, not {analysis!r:.60}.")
    thought = without_tags(analysis, MAX_QUERY_CHARS)
    return f"{f'<think>{thought}</think>' if thought else ''}<select>{text}</select>"
