"""An episode that is played in text: what the environments have in common.

It keeps the transcript, the turns and the documents shown, and knows how an unreadable action is
refused. What a turn may be, and what follows from it, a subclass says.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, cast

from ..core import Document, Hit, Question
from ..errors import ConfigError, RetrievalError
from .episode import Episode, Row
from .grammars import Grammar, Move, ParseError, StepGrammar
from .grammars.base import MAX_ACTION_CHARS, MAX_QUESTION_CHARS
from .stage import Stage


class TextStage(Stage):
    """A stage with a grammar."""

    grammar: Grammar
    grammar_name: str
    """How agents ask for the grammar."""
    retries: int
    """Unreadable actions that a turn forgives."""


class TextEpisode(Episode):
    """One question, played in text, turn by turn."""

    def __init__(self, stage: TextStage, question: Question, seed: int | None) -> None:
        super().__init__(question, stage.env_id, seed, stage.reward)
        self.stage = stage
        self.turn = 1
        self.refused = 0
        self.shown: dict[str, Document] = {}  # replaced, never changed: see `snapshot`
        self.asked = question.text[:MAX_QUESTION_CHARS]
        self.write(self.opening(), "env")

    def opening(self) -> str:
        """Return the transcript before the first turn."""
        return self.stage.grammar.opening(self.asked)

    @property
    @abstractmethod
    def turns(self) -> int:
        """How many turns the episode has at most."""

    @abstractmethod
    def opened_turn(self) -> str:
        """Return what the environment writes where a new turn begins."""

    @property
    def turn_is_forced(self) -> bool:
        """Whether this turn takes nothing but an answer, so that there is nothing to retry it for."""
        return False

    def public_info(self) -> dict[str, Any]:
        """Return the question and where the episode stands."""
        return {
            "question_id": self.question.id,
            "question": self.asked,
            "step": len(self.steps),
            "turn": min(self.turn, self.turns),
            "remaining": 0 if self.over else self.turns - self.turn + 1,
            "grammar": self.stage.grammar_name,
        }

    def for_eyes(self, text: str) -> str:
        """Return text without the escapes that keep it apart from the grammar's own tags."""
        unescaped = getattr(self.stage.grammar, "unescaped", None)
        return text if unescaped is None else str(unescaped(text))

    def take_text(self, action: Any) -> str:
        """Take an action that must be text.

        Raises:
            ConfigError: If it is none.
            EpisodeError: If the episode is over.
        """
        self.check_running()
        if not isinstance(action, str):
            raise ConfigError(
                f"{self.env_id} takes a str action, not {type(action).__name__}. Nothing has moved."
            )
        text = action if type(action) is str else str(action)
        self._action = text.replace("\r\n", "\n") if "\r" in text else text
        return self._action

    def answer(self, move: Move) -> None:
        """Take the answer, and close the step and the episode."""
        self.prediction, self.outcome = move.text, "answered"
        self.accept("")
        parsed = {"kind": move.kind, "analysis": move.analysis, "text": move.text}
        self.finish(self._action, parsed, "")

    def take_hits(self, rows: Sequence[Row]) -> tuple[Hit, ...]:
        """Note what the queries of a step found; a document is new once in an episode.

        Raises:
            RetrievalError: If a document bears the id of another one that was shown.
        """
        shown = dict(self.shown)
        hits = []
        for query, row in enumerate(rows):
            for document, score in row:
                new = document.id not in shown
                hits.append(Hit(document.id, float(score), query, new))
                if new:
                    shown[document.id] = document
                else:
                    _check_same(shown[document.id], document)
        self.shown = shown
        return tuple(hits)

    def accept(self, observation: str) -> None:
        """Write the action and the environment's reply to it."""
        self.write_turn(self.stage.grammar.before_action(), self._action.strip(), observation)

    def refuse(self, error: ParseError) -> None:
        """Say that the action was not understood, and close the step."""
        grammar = self.stage.grammar
        kept, note = grammar.refusal(error, self._action)
        self.refused += 1
        if self.refused > self.stage.retries:
            if grammar.unreadable_ends or self.turn_is_forced:
                self.outcome = "malformed"
            else:
                note += self.next_turn()
        self.write(kept, "agent")
        self.write(note, "env")
        # What could not be read is kept for the record only up to the limit of what is read, and
        # without halves of characters, which no file can hold.
        action = self._action[:MAX_ACTION_CHARS].encode("utf-8", "replace").decode()
        self.finish(action, {}, note, parse_error=error.value)

    def next_turn(self) -> str:
        """Go on to the next turn, if there is one."""
        self.turn += 1
        self.refused = 0
        if self.turn > self.turns:
            self.outcome = "out_of_steps"
            return ""
        return self.opened_turn()


class StepEpisode(TextEpisode):
    """One question, played by single steps: a query, or the answer; the last turn takes no query."""

    def opened_turn(self) -> str:
        """Announce the forced turn."""
        return self.step_grammar.last_call() if self.turn_is_forced else ""

    def act(self, action: Any) -> Sequence[str]:
        """Read the action; return its query, if it is one.

        Raises:
            ConfigError: If it is no text.
        """
        move = self.step_grammar.parse(self.take_text(action), self.turn)
        if isinstance(move, Move) and move.kind == "query" and self.turn_is_forced:
            move = ParseError.QUERY_NOT_ALLOWED
        self._move = move
        return (move.text,) if isinstance(move, Move) and move.kind == "query" else ()

    def receive(self, rows: Sequence[Row]) -> Sequence[str]:
        """Show what was found, take the answer, or say that the action was not understood."""
        move = self._move
        if isinstance(move, ParseError):
            self.refuse(move)
        elif move.kind == "answer":
            self.answer(move)
        else:
            self.show(move, rows[0])
        return ()

    @property
    def step_grammar(self) -> StepGrammar:
        """The grammar, which reads single steps."""
        return cast("StepGrammar", self.stage.grammar)

    @abstractmethod
    def show(self, move: Move, row: Row) -> None:
        """Show what a query found, and close the step."""


def _check_same(first: Document, other: Document) -> None:
    """Refuse two documents that bear one id: the second would pass for one already shown."""
    if first is not other and (first.title, first.text) != (other.title, other.text):
        raise RetrievalError(
            f"Two documents bear the id {first.id!r:.60}: {first.title!r:.60} and "
            f"{other.title!r:.60}. Sources that are searched together need ids of their own: "
            "prefix them."
        )
