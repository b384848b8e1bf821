"""Several episodes played side by side: actions in, results out, and nothing moves that fails.

A move is worked out first: what it selects, what is read off the selections that stop, what it
pays. Only then is it made. So an episode whose reader or reward failed stands where it stood. It
knows no spaces and no observations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from ...core import Outcome, Step, Trajectory
from ...errors import HopgymError, RewardError
from ...rewards.base import Reward
from ...rewards.kg.reward import Counts
from .board import Board, Choice
from .case import Case
from .readings import read_each
from .records import Record, metrics_of, prediction_of
from .scoring import Paid, Steps, pay
from .stage import SubgraphStage

Lanes = NDArray[np.int64]


class Move(NamedTuple):
    """What a step of one episode came to."""

    reward: float
    terminated: bool
    truncated: bool
    terms: dict[str, float]
    """What adds up to the reward."""
    parse_error: str | None
    last: dict[str, Any]
    """What the info tells at the end of an episode; nothing before."""


class Game:
    """Episodes in lanes.

    Args:
        stage: The shared parts.
        lanes: How many.
    """

    def __init__(self, stage: SubgraphStage, lanes: int) -> None:
        self.stage = stage
        settings = stage.settings
        self.one_shot = settings.mode == "one_shot"
        self.max_steps = 1 if self.one_shot else settings.max_steps
        self.board = Board(lanes, settings.top_k, connected=settings.connected)
        self.cases: list[Case | None] = [None] * lanes
        self.rewards: list[Reward] = [stage.reward] * lanes
        self.records: list[Record | None] = [None] * lanes
        self.over = np.zeros(lanes, dtype=np.bool_)

    def begin(self, lane: int, case: Case, seed: int | None) -> None:
        """Begin a question in a lane."""
        self.board.load(lane, case)
        self.cases[lane] = case
        self.records[lane] = Record(case, self.stage.env_id, seed)
        self.rewards[lane] = self.stage.reward
        self.over[lane] = False

    def case(self, lane: int) -> Case:
        """Return the question of a lane."""
        return cast("Case", self.cases[lane])

    def public_info(self, lane: int) -> dict[str, Any]:
        """Return the info that every call carries. No gold in here."""
        case = self.case(lane)
        return {
            "question_id": case.question.id,
            "question": case.offer.question,
            "step": int(self.board.steps[lane]),
            "facts": case.num_facts,
            "action_mask": self.action_mask(lane),
        }

    def step_info(self, lane: int, move: Move) -> dict[str, Any]:
        """Return the info of a step."""
        return {
            **self.public_info(lane),
            "reward_terms": dict(move.terms),
            "parse_error": move.parse_error,
            "queries": (),
            "document_ids": (),
            "new_text": "",
            **move.last,
        }

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions are allowed in each lane, `[lanes, …]`."""
        board = self.board
        if not self.one_shot:
            return board.mask.copy()
        pairs = np.ones((*board.offered.shape, 2), dtype=np.bool_)
        pairs[:, :, 1] = board.offered
        return pairs.reshape(len(pairs), -1)

    def action_mask(self, lane: int) -> NDArray[np.bool_]:
        """Return which actions are allowed: `[facts + 1]`, or drop and keep of each, `[2 facts]`."""
        if not self.one_shot:
            own: NDArray[np.bool_] = self.board.mask[lane].copy()
            return own
        pairs = np.ones((self.board.facts, 2), dtype=np.bool_)
        pairs[:, 1] = self.board.offered[lane]
        return pairs.ravel()

    def ends(self, lanes: Lanes, actions: NDArray[Any]) -> NDArray[np.bool_]:
        """Tell which episodes these actions end, should nothing fail."""
        last: NDArray[np.bool_] = self.board.steps[lanes] + 1 >= self.max_steps
        return last if self.one_shot else last | (actions == self.board.facts)

    def move(
        self, lanes: Lanes, actions: NDArray[Any], *, whole: bool = False
    ) -> list[Move | HopgymError]:
        """Take one action in each of some lanes that are not over.

        Args:
            lanes: Which, `[n]`.
            actions: `[n]` facts or STOP, or `[n, facts]` booleans; checked by the caller.
            whole: Whether none moves where one fails, and its error is raised.

        Returns:
            What each came to; where the reader or the reward failed, the error, and the episode
            stands where it stood.

        Raises:
            ConfigError: If a reward or reader is at fault; nothing has moved.
            RewardError: If one failed and none was to move alone.
        """
        choice = self._choice(lanes, actions)
        cut = ~choice.stops & self.ends(lanes, actions)
        chosen = _chosen(choice)
        readings = self._read(choice, chosen)
        steps = [
            self._step(n, choice, actions[n], chosen[n], readings.get(n)) for n in range(len(lanes))
        ]
        paid = self._pay(choice, cut, readings, steps)
        failed = next((one for one in paid if isinstance(one, HopgymError)), None)
        if whole and failed is not None:
            raise failed
        good = np.array([not isinstance(one, HopgymError) for one in paid], dtype=np.bool_)
        self.board.apply(choice if good.all() else _some(choice, good))
        return [
            one if isinstance(one, HopgymError)
            else self._made(int(lanes[n]), steps[n], one, _outcome(choice.stops[n], cut[n]))
            for n, one in enumerate(paid)
        ]  # fmt: skip

    def _choice(self, lanes: Lanes, actions: NDArray[Any]) -> Choice:
        board = self.board
        return (board.at_once if self.one_shot else board.one_by_one)(lanes, actions)

    def _read(self, choice: Choice, chosen: Sequence[Lanes]) -> dict[int, list[str] | RewardError]:
        """Read the answers of what stops, by its place among the lanes that move."""
        stopping = np.flatnonzero(choice.stops).tolist()
        if not stopping:
            return {}
        lanes, selected = choice.rows, self.board.selected
        read = [
            (
                self.case(lanes[n]),
                chosen[n] if self.one_shot else np.flatnonzero(selected[lanes[n]]),
            )
            for n in stopping
        ]
        return dict(zip(stopping, read_each(self.stage.reader, read), strict=True))

    def _step(
        self,
        n: int,
        choice: Choice,
        action: Any,
        chosen: Lanes,
        answers: list[str] | RewardError | None,
    ) -> Step:
        record = cast("Record", self.records[choice.rows[n]])
        read = None if isinstance(answers, RewardError) else answers
        slots, invalid = chosen.tolist(), int(choice.invalid[n])
        if not self.one_shot:
            return record.step(int(action), slots, invalid, read)
        taken = np.flatnonzero(action).tolist() if invalid else slots
        return record.step(taken, slots, invalid, read)

    def _pay(
        self,
        choice: Choice,
        cut: NDArray[np.bool_],
        readings: dict[int, list[str] | RewardError],
        steps: Sequence[Step],
    ) -> list[Paid | HopgymError]:
        """Have the steps scored, in one call for all that share a reward."""
        paid: list[Paid | HopgymError] = [
            reading if isinstance(reading := readings.get(n), RewardError) else _UNPAID
            for n in range(len(steps))
        ]
        before = self.board.counts_of(choice.rows)
        sound = [n for n, one in enumerate(paid) if one is _UNPAID]
        rewards = {id(r): r for r in (self.rewards[choice.rows[n]] for n in sound)}
        for key, reward in rewards.items():
            own = [n for n in sound if id(self.rewards[choice.rows[n]]) == key]
            whole = len(own) == len(steps)

            def record(at: int, own: list[int] = own) -> Trajectory:
                n = own[at]
                kept = cast("Record", self.records[choice.rows[n]])
                return kept.trajectory(_outcome(choice.stops[n], cut[n]), steps[n])

            batch = Steps(
                [self.case(choice.rows[n]) for n in own],
                before if whole else _pick(before, own),
                choice.counts if whole else _pick(choice.counts, own),
                choice.stops[own],
                cut[own],
                [cast("list[str]", readings.get(n, ())) for n in own],
                record,
            )
            for n, one in zip(own, pay(reward, batch), strict=True):
                paid[n] = one
        return paid

    def _made(self, lane: int, step: Step, paid: Paid, outcome: Outcome) -> Move:
        """Keep a step, and say what it came to."""
        record = cast("Record", self.records[lane])
        record.add(step, paid)
        last: dict[str, Any] = {}
        if outcome != "running":
            self.over[lane] = True
            last = self._end(lane, record, outcome, paid)
        ends = (outcome == "answered", outcome == "out_of_steps")
        return Move(paid.value, *ends, paid.terms, step.parse_error, last)

    def _end(self, lane: int, record: Record, outcome: Outcome, paid: Paid) -> dict[str, Any]:
        case, trajectory = self.case(lane), record.trajectory(outcome)
        counts = Counts(*self.board.counts_of(lane))
        last = trajectory.steps[-1]
        return {
            "prediction": prediction_of(last) if outcome == "answered" else None,
            "answers": case.question.answers,
            "metrics": metrics_of(case, counts, trajectory),
            "reward_reason": paid.reason,
            "trajectory": trajectory,
        }


_UNPAID = Paid(0.0, {})


def _chosen(choice: Choice) -> list[Lanes]:
    """Return the facts that each row selects, in order."""
    facts = choice.facts
    if facts.ndim == 1:
        return list(np.split(facts[facts >= 0], np.cumsum(facts >= 0)[:-1]))
    rows, slots = np.nonzero(facts)
    return np.split(slots, np.cumsum(np.bincount(rows, minlength=len(facts)))[:-1])


def _outcome(stops: Any, cut: Any) -> Outcome:
    return "answered" if stops else "out_of_steps" if cut else "running"


def _pick(counts: Counts, which: Any) -> Counts:
    return Counts(*(np.asarray(column)[which] for column in counts))


def _some(choice: Choice, which: NDArray[np.bool_]) -> Choice:
    """Return the choice of some of its rows."""
    counts = _pick(choice.counts, which)
    rows, facts, found = choice.rows[which], choice.facts[which], choice.found[which]
    return Choice(rows, facts, found, counts, choice.invalid[which], choice.stops[which])
