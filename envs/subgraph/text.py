"""`hopgym/KGSubgraph-v0` in text: the facts are numbered lines, and an action names numbers.

The rules are those of the arrays, turn by turn instead of fact by fact. What is read off a
selection is asked as a query of the stage, so that the selections of many lanes are read at once.

A number that may not be selected (it is not on offer, is selected already, or touches nothing
known where `connected=True`) is a masked choice, as in the arrays: it selects nothing, is counted in
`parsed["invalid"]` and has the code `masked_action`, while the sound numbers beside it are taken
and the turn goes on. So a model that names one number too many is charged for that number, and not
as one that wrote nonsense; and episodes of all forms pay alike for the same choices. An action that
cannot be read has a code of its own, and is charged as one masked choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, NoReturn, cast

import numpy as np

from ...core import Question, Trajectory
from ...errors import ConfigError, RewardError
from ...rewards.format import format_adherence
from ...rewards.kg.reward import states_of
from ..env import HopEnv
from ..episode import Episode
from ..grammars import Move, ParseError, SelectGrammar, make_grammar
from ..grammars.base import MAX_ACTION_CHARS, MAX_QUESTION_CHARS
from ..grammars.select_text import MAX_NAME, MAX_TOPICS
from ..settings import Settings
from ..stage import Stage
from ..text_episode import TextEpisode, TextStage
from ..vector import HopVectorEnv
from .case import Case
from .env import ENV_ID
from .readings import read, read_each
from .records import BETWEEN, MASKED, metrics_of
from .settings import SubgraphSettings
from .stage import SubgraphStage


class Asked(NamedTuple):
    """A selection whose answers are to be read."""

    case: Case
    slots: tuple[int, ...]
    """The facts, as they are offered, in order."""


class SubgraphTextStage(SubgraphStage, TextStage):
    """The shared parts, with the grammar; its queries are selections and its rows are answers."""

    grammar: SelectGrammar

    def __init__(self, settings: SubgraphSettings, env_id: str) -> None:
        super().__init__(settings, env_id)
        self.grammar = cast("SelectGrammar", make_grammar("select", mode=settings.mode))
        self.grammar_name = self.grammar.name
        retries = settings.format_retries
        self.retries = self.grammar.retries if retries is None else retries
        self.one_shot = settings.mode == "one_shot"
        self.max_steps = 1 if self.one_shot else settings.max_steps

    @property
    def max_text(self) -> int:
        """The longest transcript that an episode can make."""
        turns = self.max_steps * (self.retries + 1)
        opening = MAX_QUESTION_CHARS + (MAX_TOPICS + 3 * self.top_k) * (MAX_NAME + 8)
        return opening + turns * (MAX_ACTION_CHARS + 8 * self.top_k + 2_048)

    def search(self, queries: Sequence[Any]) -> Any:
        """Read the answers off selections, all in one call.

        Raises:
            RewardError: If the reader failed.
        """
        return read(self.reader, [_chosen(asked) for asked in queries])

    def search_each(self, queries: Sequence[Any]) -> list[Any]:
        """Read the answers off selections; where it failed, the error stands in their place."""
        answers: list[list[str] | RewardError] = read_each(
            self.reader, [_chosen(asked) for asked in queries]
        )
        return answers


class SubgraphTextEpisode(TextEpisode):
    """One question, played by naming the numbers of facts."""

    stage: SubgraphTextStage

    def __init__(self, stage: SubgraphTextStage, question: Question, seed: int | None) -> None:
        self.case = stage.case(stage.place_of(question.id))
        self.selected: tuple[int, ...] = ()
        super().__init__(stage, self.case.question, seed)

    @property
    def turns(self) -> int:
        """How many turns the episode has at most."""
        return self.stage.max_steps

    @property
    def turn_is_forced(self) -> bool:
        """Whether the one selection is due: an episode that cannot make it is over."""
        return self.stage.one_shot

    def opening(self) -> str:
        """Return the question, where it begins, and the facts on offer."""
        offer, turns = self.case.offer, 0 if self.stage.one_shot else self.turns
        return self.stage.grammar.opening(self.asked, offer.topics, offer.facts, turns)

    def opened_turn(self) -> str:
        """Say how many turns are left."""
        return self.stage.grammar.turns_left(self.turns - self.turn + 1)

    def public_info(self) -> dict[str, Any]:
        """Return the question, where the episode stands, and how it is played. No gold in here."""
        told = {"facts": self.case.num_facts, "select_mode": self.stage.settings.mode}
        return {**super().public_info(), **told}

    def act(self, action: Any) -> Sequence[Asked]:
        """Read the action; where it ends the episode, have the answers read.

        Raises:
            ConfigError: If it is no text.
        """
        move = self.stage.grammar.parse(self.take_text(action), self.turn)
        if isinstance(move, Move) and len(move.numbers) > self.case.num_facts:
            move = ParseError.TOO_MANY_FACTS
        self._move = move
        if isinstance(move, ParseError):
            return ()
        self._taken, self._masked = self._sorted_out(move.numbers)
        ends = self.stage.one_shot or move.kind == "stop"
        chosen = tuple(sorted((*self.selected, *self._taken)))
        return (Asked(self.case, chosen),) if ends else ()

    def receive(self, rows: Sequence[Any]) -> Sequence[Asked]:
        """Take the answers that were read, show the selection, or refuse the action."""
        move = self._move
        if isinstance(move, ParseError):
            self.refuse(move)
            return ()
        self.selected = (*self.selected, *self._taken)
        observation = ""
        if rows:
            self.outcome, self.prediction = "answered", BETWEEN.join(rows[0])
        else:
            shown = self.stage.grammar.selected(sorted(self.selected), self._masked)
            observation = shown + self.next_turn()
        self.accept(observation)
        error = MASKED if self._masked else None
        self.finish(self._action, self._parsed(move, rows), observation, parse_error=error)
        return ()

    def metrics(self, trajectory: Trajectory) -> dict[str, float]:
        """Return the metrics of the arrays, and the share of actions in the exact form."""
        _, counts = states_of(self.question, trajectory)
        told = metrics_of(self.case, counts, trajectory)
        return {**told, "format_adherence": format_adherence(trajectory)}

    def _parsed(self, move: Move, rows: Sequence[Sequence[str]]) -> Mapping[str, Any]:
        """Return the step as the arrays' is kept, with what the agent thought."""
        places = self.case.places
        facts = [places[slot] for slot in self._taken]
        kind = "select" if self.stage.one_shot else move.kind
        parsed = {"kind": kind, "facts": facts, "invalid": len(self._masked)}
        answers = {"answers": list(rows[0])} if rows else {}
        return {**parsed, **answers, "analysis": move.analysis, "text": move.text}

    def _sorted_out(
        self, numbers: Sequence[int]
    ) -> tuple[tuple[int, ...], tuple[tuple[int, str], ...]]:
        """Part numbers into those that are taken, one after the other, and those that are not."""
        taken: list[int] = []
        masked: list[tuple[int, str]] = []
        known = self._known()
        for number in numbers:
            why = self._why_not(number, known)
            if why:
                masked.append((number, why))
                continue
            taken.append(number)
            fact = self.case.offer.facts[number]
            known |= {fact.head, fact.tail}
        return tuple(taken), tuple(masked)

    def _known(self) -> set[str]:
        """Return the entities that the selection has reached."""
        facts = [self.case.offer.facts[slot] for slot in self.selected]
        ends = {entity for fact in facts for entity in (fact.head, fact.tail)}
        return ends | set(self.case.offer.topics)

    def _why_not(self, number: int, known: set[str]) -> str:
        """Say why a fact may not be selected; nothing if it may."""
        if number >= self.case.num_facts:
            return "not on offer"
        if number in self.selected:
            return "selected already"
        fact = self.case.offer.facts[number]
        if self.stage.settings.connected and not known & {fact.head, fact.tail}:
            return "joined to nothing known"
        return ""


class SubgraphTextEnv(HopEnv):
    """Select the facts that answer the question, in text.

    Description:
        As `env.SubgraphEnv`, for language models: the question, its topics and the facts on offer
        stand in the observation, and an action names facts by number.

    Observation:
        One `str`: the transcript so far, in a `UnicodeText` space.

    Actions:
        One `str`: an optional `<think>…</think>` and `<select>2, 5</select>`; `none` selects
        nothing in one-shot play, `stop` ends a sequential episode.

    Reward:
        By `reward=`, as in the arrays; an action that cannot be read is one masked choice.

    Episode end:
        One-shot: terminated by the selection, or by one unreadable action more than
        `format_retries` (`malformed`). Sequential: terminated by `stop`, truncated when
        `max_steps` turns are used up; an unreadable action that is not forgiven costs its turn.

    Info:
        `question_id, question, step, turn, remaining, grammar, select_mode, facts` always; after a
        step and at the end what the arrays' infos have.

    Keywords:
        The fields of `SubgraphSettings`, and `render_mode` (`"ansi"` or `"human"`).

    Version history:
        v0: first release.
    """

    env_id: ClassVar[str] = ENV_ID
    settings_class: ClassVar[type[Settings]] = SubgraphSettings
    stage_class: ClassVar[type[Stage]] = SubgraphTextStage
    episode_class: ClassVar[type[Episode]] = SubgraphTextEpisode

    def action_masks(self) -> NoReturn:
        """Refuse: text has none.

        Raises:
            ConfigError: Always.
        """
        _no_masks()


class SubgraphTextVectorEnv(HopVectorEnv):
    """Many episodes in text at once, with one reading for all that end."""

    env_class: ClassVar[type[HopEnv]] = SubgraphTextEnv

    def action_masks(self) -> NoReturn:
        """Refuse: text has none.

        Raises:
            ConfigError: Always.
        """
        _no_masks()


def _no_masks() -> NoReturn:
    raise ConfigError(
        "observation='text' has no action masks: its actions are texts. Make the environment with "
        "observation='padded' or 'graph'."
    )


def _chosen(asked: Asked) -> tuple[Case, Any]:
    return asked.case, np.array(asked.slots, dtype=np.int64)
