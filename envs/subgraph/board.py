"""The state of several episodes as arrays: what is offered, what is selected, and the counts.

One row is one episode. It knows the rules of selecting and nothing of readers, rewards or Gymnasium:
`game.Game` plays on it. Counts are kept as facts are selected, so that a step costs the same for a
graph of 50 facts and of 5,000.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...rewards.kg.facts import answers_touched
from ...rewards.kg.reward import Counts
from .case import Case

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Choice(NamedTuple):
    """What actions would do to some rows; nothing has been done yet."""

    rows: Ints
    facts: Bools | Ints
    """One-shot: `[rows, facts]`, which are selected. Sequential: `[rows]`, which one; -1 for none."""
    found: Bools
    """`[rows, answers]`, the answers that then stand in the selection."""
    counts: Counts
    """After it."""
    invalid: Ints
    """`[rows]`, how many of the choices are masked."""
    stops: Bools
    """`[rows]`, which episodes it ends."""


class Board:
    """Several episodes.

    Args:
        rows: How many.
        facts: Facts that a row has room for.
        connected: Whether only facts may be selected that touch what is known.
    """

    def __init__(self, rows: int, facts: int, *, connected: bool = False) -> None:
        self.facts, self.connected = facts, connected
        self.heads = np.zeros((rows, facts), dtype=np.int32)
        self.tails = np.zeros((rows, facts), dtype=np.int32)
        self.offered = np.zeros((rows, facts), dtype=np.bool_)
        self.gold = np.zeros((rows, facts), dtype=np.bool_)
        self.selected = np.zeros((rows, facts), dtype=np.bool_)
        self.mask = np.zeros((rows, facts + 1), dtype=np.bool_)
        self.mask[:, facts] = True
        self.known = np.zeros((rows, 2 * facts if connected else 0), dtype=np.bool_)
        self.answers = np.full((rows, 1), -1, dtype=np.int32)
        self.found = np.zeros((rows, 1), dtype=np.bool_)
        self._columns = np.zeros((len(Counts._fields), rows), dtype=np.int64)
        self.steps = np.zeros(rows, dtype=np.int64)

    def load(self, row: int, case: Case) -> None:
        """Begin a question in a row."""
        size = case.num_facts
        for array, values in (
            (self.heads, case.heads), (self.tails, case.tails), (self.gold, case.gold),
            (self.offered, True),
        ):  # fmt: skip
            array[row, :size] = values
            array[row, size:] = 0
        self.selected[row] = False
        self._load_answers(row, case)
        fresh = Counts(0, 0, case.num_gold, 0, len(case.gold_answers), 0)
        self._count(row, fresh)
        self.steps[row] = 0
        if self.connected:
            self.known[row] = False
            self.known[row, case.topics] = True
        self._renew(np.array([row]))

    def _load_answers(self, row: int, case: Case) -> None:
        count = len(case.answers)
        if count > self.answers.shape[1]:  # room is made as questions need it
            wider = ((0, 0), (0, count - self.answers.shape[1]))
            self.answers = np.pad(self.answers, wider, constant_values=-1)
            self.found = np.pad(self.found, wider)
        self.answers[row] = -1
        self.answers[row, :count] = case.answers
        self.found[row] = False

    def one_by_one(self, rows: Ints, actions: Ints) -> Choice:
        """Tell what it does to select one fact in each row, or to stop.

        Args:
            rows: Which.
            actions: `[rows]`, a fact, or as many as there is room for: stop.
        """
        stops = actions == self.facts
        valid = self.mask[rows, actions]
        takes = valid & ~stops
        facts = np.where(takes, actions, -1)
        touched = answers_touched(
            self.heads[rows, facts], self.tails[rows, facts], self.answers[rows]
        )
        found = self.found[rows] | (touched & takes[:, None])
        now = self.counts_of(rows)
        counts = now._replace(
            right=np.add(now.right, self.gold[rows, facts] & takes),
            selected=np.add(now.selected, takes),
            answers_found=np.count_nonzero(found, axis=1),
            invalid=np.add(now.invalid, ~valid),
        )
        return Choice(rows, facts, found, counts, np.asarray(~valid, dtype=np.int64), stops)

    def at_once(self, rows: Ints, actions: Bools) -> Choice:
        """Tell what it does to select all facts of each row at once.

        Args:
            rows: Which.
            actions: `[rows, facts]`.
        """
        facts = actions & self.offered[rows]
        owners, slots = np.nonzero(facts)
        lanes = rows[owners]
        touched = answers_touched(
            self.heads[lanes, slots], self.tails[lanes, slots], self.answers[lanes]
        )
        found = np.zeros_like(self.found[rows])
        np.logical_or.at(found, owners, touched)
        selected = np.bincount(owners, minlength=len(rows))
        invalid = np.count_nonzero(actions, axis=1) - selected
        counts = self.counts_of(rows)._replace(
            right=np.bincount(owners[self.gold[lanes, slots]], minlength=len(rows)),
            selected=selected,
            answers_found=np.count_nonzero(found, axis=1),
            invalid=invalid,
        )
        return Choice(rows, facts, found, counts, invalid, np.ones(len(rows), dtype=np.bool_))

    def apply(self, choice: Choice) -> None:
        """Do it."""
        rows, facts = choice.rows, choice.facts
        if facts.ndim == 2:
            self.selected[rows] = facts
        else:
            takes = facts >= 0
            self._select(rows[takes], facts[takes])
        self.found[rows] = choice.found
        self._count(rows, choice.counts)
        self.steps[rows] += 1

    def counts_of(self, rows: Any) -> Counts:
        """Return the counts of some rows, or of one."""
        return Counts(*self._columns[:, rows])

    def _count(self, rows: Any, counts: Counts) -> None:
        for column, values in zip(self._columns, counts, strict=True):
            column[rows] = values

    def _select(self, rows: Ints, facts: Any) -> None:
        self.selected[rows, facts] = True
        if self.connected:
            self.known[rows, self.heads[rows, facts]] = True
            self.known[rows, self.tails[rows, facts]] = True
            self._renew(rows)
        else:
            self.mask[rows, facts] = False

    def _renew(self, rows: Ints) -> None:
        """Work out anew which facts may be selected."""
        allowed = self.offered[rows] & ~self.selected[rows]
        if self.connected:
            near = np.take_along_axis(self.known[rows], self.heads[rows], axis=1)
            near |= np.take_along_axis(self.known[rows], self.tails[rows], axis=1)
            allowed &= near
        self.mask[rows, : self.facts] = allowed
