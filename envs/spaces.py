"""The space of text: any Unicode string up to a length.

Gymnasium's own `Text` refuses blanks and non-ASCII characters by default and takes milliseconds to
check long strings; here only the length is checked. It batches to a tuple of texts. An async
vector env needs `shared_memory=False`, as for every space without a fixed size.
"""

from __future__ import annotations

from typing import Any

from gymnasium.spaces import Space

from ..errors import ConfigError

_SAMPLE_WORDS = ("which", "river", "Ada", "née", "東京", "1815", "of", "the", "?", "Step 1:")


class UnicodeText(Space[str]):
    """Strings of `min_length` to `max_length` characters.

    >>> UnicodeText(8).contains("東京 née"), UnicodeText(8).contains("too long by far")
    (True, False)
    """

    def __init__(self, max_length: int, *, min_length: int = 0, seed: int | None = None) -> None:
        if not 0 <= min_length <= max_length:
            raise ConfigError(
                f"0 <= min_length <= max_length must hold, not {min_length}, {max_length}."
            )
        self.min_length = min_length
        self.max_length = max_length
        super().__init__(None, None, seed)

    @property
    def is_np_flattenable(self) -> bool:
        """Text has no fixed number of features."""
        return False

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        """Return a few random words; `mask` and `probability` do not apply to text."""
        words = self.np_random.choice(_SAMPLE_WORDS, size=int(self.np_random.integers(1, 8)))
        text = " ".join(words)[: self.max_length]
        return text.ljust(self.min_length, ".")

    def contains(self, x: Any) -> bool:
        """Check the type and the length, whatever the characters."""
        return isinstance(x, str) and self.min_length <= len(x) <= self.max_length

    def to_jsonable(self, sample_n: Any) -> list[str]:
        """Text is JSON already."""
        return list(sample_n)

    def from_jsonable(self, sample_n: list[Any]) -> list[str]:
        """Return the texts as they are."""
        return [str(sample) for sample in sample_n]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnicodeText) and (self.min_length, self.max_length) == (
            other.min_length,
            other.max_length,
        )

    def __hash__(self) -> int:
        return hash((self.min_length, self.max_length))

    def __repr__(self) -> str:
        return f"UnicodeText({self.max_length}, min_length={self.min_length})"
