r"""Where a text's words begin and end.

Two ways, by name. `plain` takes runs of letters, digits and underscores (`\w+`). `unicode` follows
the word boundaries of Unicode's annex 29, as Lucene, Elasticsearch and Anserini do: "O'Brien",
"U.S" and "3.14" are one word each, and Chinese characters are one word each. An analyzer uses them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ..errors import ConfigError

WORDS = ("plain", "unicode")
"""The ways to find words."""

_ONE_BY_ONE = "\u3005\u3007\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Han and Hiragana: nothing but a dictionary knows their words."""
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_BETWEEN = ".\u2018\u2019\u2024'"
"""May stand between two letters or two digits; the next ones between letters, or digits, only."""
_BETWEEN_LETTERS = ":\u00b7\u0387\u055f\u05f4\u2027"
_BETWEEN_DIGITS = ",;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044"


@lru_cache(maxsize=len(WORDS))
def word_pattern(name: str) -> re.Pattern[str]:
    r"""Return the pattern whose matches are the words of a text.

    Raises:
        ConfigError: If there is no such way to find words.

    >>> word_pattern("plain").findall("O'Brien's U.S. tour, 3.14")
    ['O', 'Brien', 's', 'U', 'S', 'tour', '3', '14']
    >>> word_pattern("unicode").findall("O'Brien's U.S. tour, 3.14")
    ["O'Brien's", 'U.S', 'tour', '3.14']
    """
    if name not in WORDS:
        raise ConfigError(f"words is {name!r}; it is one of: {', '.join(WORDS)}.")
    return re.compile(r"\w+" if name == "plain" else _unicode())


def _unicode() -> str:
    marks = f"[{_marks()}]"  # an accent, or a joiner, belongs to the letter before it
    apart = _ONE_BY_ONE + _KATAKANA
    letter = rf"[^\W\d_{apart}]"
    between_letters = rf"(?:(?<={letter})|(?<={marks}))[{_BETWEEN}{_BETWEEN_LETTERS}](?={letter})"
    between_digits = rf"(?<=\d)[{_BETWEEN}{_BETWEEN_DIGITS}](?=\d)"
    joined = rf"(?:[^\W{apart}]+|{marks}+|{between_letters}|{between_digits})*"
    start = rf"(?:(?<!_)_+)?[^\W_{apart}]"  # tried once for each run of underscores
    return rf"{start}{joined}|[{_ONE_BY_ONE}]{marks}*|[{_KATAKANA}]+{marks}*"


def _marks() -> str:
    """Return the combining marks and joiners, for inside a character class.

    Those of the basic plane: Python's `re` is ten times slower where a class reaches beyond it.
    """
    kinds = ("Mn", "Mc", "Me", "Cf")
    return "".join(char for char in map(chr, range(0x10000)) if unicodedata.category(char) in kinds)
