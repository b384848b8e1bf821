"""`hopgym/SearchRead-v0`: search and read step by step, then answer.

The environment of R3-RAG and Search-R1. It knows the rules of the episode; the text protocol is a
grammar's, and finding documents a retriever's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..core import Trajectory
from ..errors import ConfigError, named
from ..rewards.reasoning import reasoning_accuracy
from .env import HopEnv
from .episode import Episode, Row
from .grammars import Grammar, Move, StepGrammar, make_grammar
from .grammars.base import MAX_ACTION_CHARS, MAX_QUESTION_CHARS, MAX_TITLE
from .settings import Settings, at_least
from .stage import Stage
from .text_episode import StepEpisode, TextStage
from .vector import HopVectorEnv

ENV_ID = "hopgym/SearchRead-v0"


@dataclass(frozen=True, kw_only=True)
class SearchReadSettings(Settings):
    """The keyword arguments of `hopgym/SearchRead-v0`."""

    grammar: str | Grammar = "r3"
    """The text protocol: a registered name, `module:attribute`, or a grammar."""
    format_retries: int | None = None
    """Unreadable actions that a turn forgives; the grammar's own number by default."""
    force_answer: bool = False
    """Whether one last turn, with no query allowed, follows when the turns are used up."""
    max_document_chars: int = 512
    """Characters of a document's text that are shown; it is cut before it is wrapped."""

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        super().__post_init__()
        at_least("max_document_chars", self.max_document_chars, 1)
        if self.format_retries is not None:
            at_least("format_retries", self.format_retries, 0)
        if not isinstance(self.force_answer, bool):
            raise ConfigError(f"force_answer is {self.force_answer!r}; it may be True or False.")


class SearchReadStage(TextStage):
    """The shared parts, with the grammar and the limits."""

    grammar: StepGrammar

    def __init__(self, settings: SearchReadSettings, env_id: str) -> None:
        super().__init__(settings, env_id)
        self.grammar = _step_grammar(settings.grammar)
        given = settings.grammar
        self.grammar_name = given if isinstance(given, str) else self.grammar.name
        retries = settings.format_retries
        self.retries = self.grammar.retries if retries is None else retries
        self.max_steps = settings.max_steps
        self.force_answer = settings.force_answer
        self.document_chars = settings.max_document_chars

    @property
    def max_text(self) -> int:
        """The longest transcript that an episode can make."""
        turns = (self.max_steps + 1) * (self.retries + 1)
        documents = self.top_k * (self.document_chars + MAX_TITLE + 256)
        return MAX_QUESTION_CHARS + turns * (MAX_ACTION_CHARS + documents + 1_024)


class SearchReadEpisode(StepEpisode):
    """One question, played by searching and reading."""

    stage: SearchReadStage

    @property
    def turns(self) -> int:
        """How many turns the episode has, the forced one included."""
        return self.stage.max_steps + self.stage.force_answer

    @property
    def turn_is_forced(self) -> bool:
        """Whether the searches are used up."""
        return self.turn > self.stage.max_steps

    def metrics(self, trajectory: Trajectory) -> dict[str, float]:
        """Return the metrics of every environment, and the reasoning accuracy where it is known."""
        metrics = super().metrics(trajectory)
        accuracy = reasoning_accuracy(self.question, trajectory)
        return metrics if accuracy is None else {**metrics, "reasoning_accuracy": accuracy}

    def show(self, move: Move, row: Row) -> None:
        """Show what was found and has not been shown yet."""
        grammar, limit = self.stage.grammar, self.stage.document_chars
        hits = self.take_hits([row])
        new = [document for (document, _), hit in zip(row, hits, strict=True) if hit.new]
        lines = [
            grammar.document(number, document.title, document.text, limit)
            for number, document in enumerate(new, 1)
        ]
        observation = grammar.documents(lines) + self.next_turn()
        self.accept(observation)
        parsed = {"kind": move.kind, "analysis": move.analysis, "text": move.text}
        self.finish(self._action, parsed, observation, queries=(move.text,), hits=hits)


class SearchReadEnv(HopEnv):
    r"""Search and read step by step, then answer.

    Description:
        One question is asked. Each action is one step of text: an analysis and then either a
        query, answered by documents, or the final answer, which ends the episode. The default
        grammar is that of R3-RAG (arXiv 2505.23794); `grammar="search_r1"` speaks the tags of
        Search-R1 (arXiv 2503.09516).

    Observation:
        One `str`: the transcript so far, in a `UnicodeText` space.

    Actions:
        One `str`, for example
        `"Step 1:\nThe problem analysis: …\nThe retrieval query: …"`. What cannot be read gets a
        typed code in `info["parse_error"]` (see `hopgym.envs.grammars.ParseError`).

    Reward:
        By `reward=`; the default `r3_paper` pays for new gold documents and the right answer, and
        charges 1 for an unreadable action. `info["reward_terms"]` adds up to it.

    Episode end:
        Terminated by an answer, or by one unreadable action more than `format_retries` in a turn
        (grammar `r3`; in `search_r1` such an action costs its turn instead). Truncated when
        `max_steps` turns are used up. Never both.

    Info:
        `question_id, question, step, turn, remaining, grammar` always; after a step also
        `reward_terms, parse_error, queries, document_ids, new_text`; at the end also
        `prediction, answers, metrics, trajectory`, and `reward_reason` where the reward gives one.

    Keywords:
        The fields of `SearchReadSettings`, and `render_mode` (`"ansi"` or `"human"`).

    Example:
        >>> import gymnasium, hopgym
        >>> env = gymnasium.make("hopgym/SearchRead-v0", questions="world?entities=300")
        >>> _, info = env.reset(options={"index": 0})
        >>> action = "Step 1:\nThe problem analysis: I look.\nThe retrieval query: " + info["question"]
        >>> _, reward, terminated, truncated, info = env.step(action)
        >>> len(info["document_ids"]), sorted(info["reward_terms"])
        (3, ['format', 'outcome', 'relevance'])

    Version history:
        v0: first release.
    """

    env_id: ClassVar[str] = ENV_ID
    settings_class: ClassVar[type[Settings]] = SearchReadSettings
    stage_class: ClassVar[type[Stage]] = SearchReadStage
    episode_class: ClassVar[type[Episode]] = SearchReadEpisode


class SearchReadVectorEnv(HopVectorEnv):
    """Many SearchRead episodes at once, with one retrieval call for all of their queries."""

    env_class: ClassVar[type[HopEnv]] = SearchReadEnv


def _step_grammar(spec: str | Grammar) -> StepGrammar:
    """Return a grammar that is played step by step."""
    grammar = make_grammar(spec)
    if not isinstance(grammar, StepGrammar):
        raise ConfigError(
            f"{ENV_ID} is played step by step, and the grammar {named(spec)} is not: it lacks "
            "`parse`, `document` and `documents`. Give one that has them, such as 'r3'."
        )
    return grammar
