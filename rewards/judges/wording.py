"""How two short texts are worded: which words they share, and which each has to itself.

It knows words and small differences in spelling, and nothing of right and wrong. The rules that
say what a difference means are in [`guards`][hopgym.rewards.judges.guards].
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ..normalize import LONGEST_KEPT

_SMALL = """
a about according an and answer approximately are around as at based be been believe by call
called did do document documents does during final for from had has have he her here his how i in
into is it its located name named of on or over question she so that the their there therefore
these they think this those thus to until was we were what when where which who with you your
"""
SMALL = frozenset(_SMALL.split())
"""Words that tell no two answers apart, and those that an answer is introduced with."""

LONGEST = 2_000
"""Characters of an answer that are read. A longer text is no short answer."""

_WORD = re.compile(r"\w+")
_QUOTES = re.compile("[\u2018\u2019\u00b4\u0060]")
_POSSESSIVE = re.compile(r"'s\b")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_LETTERS = re.compile(r"\b(?:\w\.){2,}")
_SPAN = re.compile(r"\b(\d\d)(\d\d)(\s?[-\u2013]\s?)(\d\d)\b(?![-\u2013])")
_UNITED_STATES = re.compile(r"\b(?:united states(?: of america)?|usa?|americans?)\b")
_NICKNAME = re.compile(r"^(.+?)\s[\"\u201c(](\w[\w .-]*)[\"\u201d)]\s(\w.*)$", re.DOTALL)
_TITLE = re.compile(
    r"^(?:Prime Minister|President|Emperor|Empress|King|Queen|Sir|Dr\.?)\s(\w.*\s\w.*)$", re.DOTALL
)
_COMPANY = re.compile(r"^(\w.*?),?\s(?:Corporation|Corp|Inc|Ltd|Limited)\.?$", re.DOTALL)
_SHORT_NAME = re.compile(r"^(\w.*?)\s\(([A-Z]{2,8})\)$", re.DOTALL)
_APART = re.compile(
    r"[;/|&(\n\t+*\\~=>\u00b7\u2022\u2022\u2190-\u21ff\u3001\uff0c\uff1b\u30fb]|,(?!\d)|:(?!\d)|\s[-\u2013\u2014]\s"
    r"|(?<=[^\W\d_]{4})\.(?=\s?[^\W\d_])|\b(?:and|or|vs|versus)\b",
    re.IGNORECASE,
)

_LEAST_STEM = 4
_MOST_CUT = 3
_ENDINGS = frozenset(
    [
        "s",
        "es",
        "n",
        "an",
        "ian",
        "ns",
        "ans",
        "ians",
        "ish",
        "er",
        "ers",
        "ed",
        "ing",
        "al",
        "ic",
        "ese",
        "i",
        "ite",
        "ites",
    ]
)


def visible(text: str) -> str:
    r"""Return a text without characters that nobody sees, such as zero-width blanks.

    >>> visible("Tes\u200bsa")
    'Tessa'
    """
    if text.isascii():
        return text
    # The different characters are few, however long the text is.
    return _without(text, (char for char in set(text) if unicodedata.category(char) == "Cf"))


def words(text: str, longest: int = LONGEST) -> list[str]:
    """Return the words of a text, without accents, possessives and the marks inside of numbers.

    Args:
        text: Any string.
        longest: How many of its characters are read, and twice as many of what they are short for.

    The United States and their people are written in so many ways that they are one word.

    >>> words("Zürich's U.S.-born, 4,371 km"), words("1861-65, American")
    (['zurich', 'us', 'born', '4371', 'km'], ['1861', '1865', 'us'])
    """
    folded = unicodedata.normalize("NFKD", visible(text[:longest]))[: 2 * longest].casefold()
    plain = _without(folded, filter(unicodedata.combining, set(folded)))
    plain = _POSSESSIVE.sub("", _QUOTES.sub("'", plain))
    plain = _SPAN.sub(_whole_years, plain)
    plain = _LETTERS.sub(lambda match: match.group().replace(".", ""), plain)
    plain = _THOUSANDS.sub("", plain).replace("'", "")
    return _WORD.findall(_UNITED_STATES.sub("us", plain))


def content(text: str) -> tuple[str, ...]:
    """Return the words that tell something; all of them where none does.

    >>> content("It was the King of Vel"), content("The Who")
    (('king', 'vel'), ('the', 'who'))
    """
    return (_short_content if len(text) <= LONGEST_KEPT else _content)(text)


def _content(text: str) -> tuple[str, ...]:
    all_ = words(text)
    return tuple(word for word in all_ if word not in SMALL) or tuple(all_)


_short_content = lru_cache(maxsize=16_384)(_content)


def parts(text: str) -> int:
    """Return into how many parts commas, brackets, dashes, line ends, "and" and "or" part a text.

    >>> parts("9,000"), parts("Vel, Ull and Orm"), parts("Band-e-Amir")
    (1, 3, 1)
    """
    return sum(any(map(str.isalnum, part)) for part in _APART.split(text[:LONGEST]))


def alike(said: str, accepted: str) -> bool:
    """Whether two words may be one: equal, an initial and its name, or a stem and a longer form.

    What is said may be shorter by three letters, and longer by an ending of English alone: a word
    that goes on may hide another one in it. Numbers are equal or not.

    >>> alike("m", "mason"), alike("matt", "matthew"), alike("1990s", "1990"), alike("van", "vance")
    (True, True, False, False)
    >>> alike("americans", "america"), alike("parislyon", "paris")
    (True, False)
    """
    if said == accepted:
        return True
    short, long = sorted((said, accepted), key=len)
    if not short.isalpha() or not long.startswith(short) or not long.isalpha():
        return False
    ending = long[len(short) :]
    if len(short) < _LEAST_STEM:
        return len(short) == 1
    return len(ending) <= _MOST_CUT if short == said else ending in _ENDINGS


def forms(gold: str) -> tuple[str, ...]:
    """Return the names that one accepted answer writes at once.

    With its nickname, abbreviation, title or company form, and without.

    >>> forms('Robert "Rob" Parissi')
    ('Robert "Rob" Parissi', 'Rob Parissi', 'Robert Parissi')
    >>> forms("British Broadcasting Corporation (BBC)")[1:]
    ('British Broadcasting Corporation', 'BBC')
    """
    short = _SHORT_NAME.match(gold[:LONGEST])
    if short and "".join(re.findall(r"\b[A-Z]", short[1])) == short[2]:
        return (gold, *short.groups())
    shorter = _TITLE.match(gold[:LONGEST]) or _COMPANY.match(gold[:LONGEST])
    if shorter:
        return gold, shorter[1]
    found = _NICKNAME.match(gold[:LONGEST])
    if not found:
        return (gold,)
    given, nick, family = found.groups()
    return gold, f"{nick} {family}", f"{given} {family}"


def _without(text: str, characters: Iterable[str]) -> str:
    for char in characters:  # a pass for each is quicker than `str.translate`
        text = text.replace(char, "")
    return text


def _whole_years(match: re.Match[str]) -> str:
    """Write both years of "1861-65" out; "1990-05" may be a month."""
    century, first, dash, last = match.groups()
    spans = last > max(first, "12")
    return f"{century}{first}{dash}{century}{last}" if spans else match.group()


@dataclass(frozen=True)
class Pair:
    """An answer beside one accepted answer, with the question that both answer."""

    question: str
    answer: str
    gold: str

    @cached_property
    def shared(self) -> int:
        """How many words both have, in any order."""
        return self._compared[0]

    @cached_property
    def own(self) -> tuple[str, ...]:
        """The answer's words that neither the gold nor the question has."""
        return self._new(self._compared[1])

    @cached_property
    def lacking(self) -> tuple[str, ...]:
        """The gold's words that neither the answer nor the question has."""
        return self._new(self._compared[2])

    @cached_property
    def f1(self) -> float:
        """The F1 of the words that tell something; what is alike counts as the same."""
        both = len(content(self.answer)) + len(content(self.gold))
        return 2 * self.shared / both if both else 0.0

    @cached_property
    def asked(self) -> frozenset[str]:
        """The question's words."""
        return frozenset(content(self.question))

    @cached_property
    def named(self) -> bool:
        """Whether the question names the gold among its candidates."""
        return self.asked.issuperset(content(self.gold))

    def _new(self, some: Sequence[str]) -> tuple[str, ...]:
        # Where the question names the gold among its candidates, its words are no common ground.
        known: Container[str] = () if self.named else self.asked
        return tuple(word for word in some if word not in known)

    @cached_property
    def _compared(self) -> tuple[int, list[str], list[str]]:
        left, right = Counter(content(self.answer)), Counter(content(self.gold))
        same = left & right
        own, lacking = list((left - same).elements()), list((right - same).elements())
        shared = same.total()
        unlike: set[str] = set()  # what is lacking only shrinks: no second look for these
        for word in own[:]:
            if word in unlike:
                continue
            other = next((o for o in lacking if alike(word, o)), None)
            if other is None:
                unlike.add(word)
            # Initials alone tell nobody apart: a whole word comes first.
            elif shared or min(len(word), len(other)) > 1:
                own.remove(word)
                lacking.remove(other)
                shared += 1
        return shared, own, lacking
