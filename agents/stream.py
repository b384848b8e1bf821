"""An endless stream of questions in random order, of which any part can be had without the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..seeding import rng_for


class QuestionStream:
    """Every question once, in random order, before any comes again.

    Args:
        ids: The questions.
        seed: Of the orders; each time through has its own.

    >>> stream = QuestionStream(["a", "b", "c"], seed=0)
    >>> first, second = list(stream.part(0, 3)), list(stream.part(3, 3))
    >>> sorted(first) == sorted(second), list(stream.part(2, 2)) == [first[2], second[0]]
    (True, True)
    """

    def __init__(self, ids: Sequence[str], seed: int) -> None:
        self.ids = ids
        self._seed = seed

    def part(self, first: int, number: int) -> Iterator[str]:
        """Yield the ids at so many places, from the first on."""
        orders: dict[int, Sequence[int]] = {}
        for place in range(first, first + number):
            time, rest = divmod(place, len(self.ids))
            if time not in orders:
                orders[time] = self._order(time)
            yield self.ids[orders[time][rest]]

    def _order(self, time: int) -> Sequence[int]:
        rng = rng_for(self._seed, "questions", time)
        order: list[int] = rng.permutation(len(self.ids)).tolist()
        return order
