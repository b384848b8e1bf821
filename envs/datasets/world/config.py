"""The world's dials."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from ....errors import ConfigError

KINDS = ("chain", "intersection", "comparison", "mixed")
FEWEST_HOPS = {"chain": 1, "intersection": 2, "comparison": 2, "mixed": 3}
MAX_HOPS = 6
SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, kw_only=True)
class WorldConfig:
    """Everything that decides what a world contains; the same dials give the same bytes."""

    entities: int = 1_000
    """People, places, works and so on; each has a document or two."""
    hops: tuple[int, int] = (1, MAX_HOPS)
    """The fewest and the most hops of a question; given as `3`, `"2-4"` or `(2, 4)`."""
    kinds: tuple[str, ...] = KINDS
    """Kinds of questions; given as a tuple or as `"chain,mixed"`."""
    distractors: float = 0.5
    """Documents that name entities and tell nothing, for each document that tells something."""
    paraphrase: float = 0.3
    """How often a document's words differ from the question's: 0 never, 1 always."""
    missing: float = 0.0
    """The share of telling documents that are withheld from the corpus."""
    train: int = 2_000
    dev: int = 500
    test: int = 500
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be, and bring texts into form."""
        for field in fields(self):
            object.__setattr__(self, field.name, _READERS[field.name](getattr(self, field.name)))
        if not self.slots:
            raise ConfigError(
                f"No kind in {', '.join(self.kinds)} has {self.hops[0]} to {self.hops[1]} hops. "
                f"The fewest: {', '.join(f'{k} {n}' for k, n in FEWEST_HOPS.items())}."
            )

    @property
    def slots(self) -> list[tuple[str, int]]:
        """The pairs of kind and hops, which questions take in turn."""
        low, high = self.hops
        return [
            (kind, hops)
            for hops in range(low, high + 1)
            for kind in self.kinds
            if hops >= FEWEST_HOPS[kind]
        ]

    def size(self, split: str) -> int:
        """Return how many questions a split has."""
        return int(getattr(self, split))


def _whole(name: str, least: int) -> Any:
    def read(value: Any) -> int:
        try:
            number = int(value)
        except (TypeError, ValueError, OverflowError):
            number = least - 1
        if number < least or isinstance(value, bool | float):
            raise ConfigError(f"{name} is {value!r}; it must be a whole number from {least}.")
        return number

    return read


def _number(name: str, most: float) -> Any:
    def read(value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = -1.0
        if not 0.0 <= number <= most:
            raise ConfigError(f"{name} is {value!r}; it must be a number from 0 to {most:g}.")
        return number

    return read


def _hops(value: Any) -> tuple[int, int]:
    parts = value.split("-") if isinstance(value, str) else value
    parts = tuple(parts) if isinstance(parts, list | tuple) else (parts,)
    try:
        low, high = int(parts[0]), int(parts[-1])
    except (ValueError, TypeError, IndexError, OverflowError):
        low, high = 0, 0
    broken = any(isinstance(part, bool | float) for part in parts)
    if not 1 <= low <= high <= MAX_HOPS or len(parts) > 2 or broken:
        raise ConfigError(
            f"hops is {value!r}; it must be from 1 to {MAX_HOPS}, such as 3, '2-4' or (2, 4)."
        )
    return low, high


def _kinds(value: str | Iterable[str]) -> tuple[str, ...]:
    given = value.split(",") if isinstance(value, str) else value
    kinds = tuple(given) if isinstance(given, Iterable) else ()
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        raise ConfigError(f"kinds is {value!r}; it may be some of: {', '.join(KINDS)}.")
    return tuple(kind for kind in KINDS if kind in kinds)


_READERS: dict[str, Any] = {
    "entities": _whole("entities", 40),
    "hops": _hops,
    "kinds": _kinds,
    "distractors": _number("distractors", 10.0),
    "paraphrase": _number("paraphrase", 1.0),
    "missing": _number("missing", 1.0),
    "train": _whole("train", 0),
    "dev": _whole("dev", 0),
    "test": _whole("test", 0),
    "seed": _whole("seed", 0),
}
