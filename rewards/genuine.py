"""Whether what stands between the answer tags is an answer at all, be it right or wrong.

Two closures of the DagSearch reward. They know nothing of rightness beyond this: what is accepted
is an answer, however short it is and wherever its words come from.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from .normalize import squad_cached
from .words import content_words, words

_DELETED = str.maketrans("", "", string.punctuation + "\u2018\u2019\u3002\uff0c\uff1f\uff01")
_SAYS_NOTHING = re.compile(
    r"(?:(?:sorry|unfortunately) )?(?:(?:the )?(?:final )?answer (?:is |can |could )?)?"
    r"(?:un(?:known|clear|sure|determined|available|specified|answerable|certain)"
    r"|not (?:known|clear|sure|available|found|given|stated|provided|specified|mentioned|certain"
    r"|applicable|determined|possible to (?:say|tell|know|answer|determine)"
    r"|enough (?:information|data|evidence|context))"
    r"|(?:i )?(?:do not|dont|did not|didnt|cannot|can not|cant|could not|couldnt|am unable to"
    r"|unable to)(?: be)?"
    r" (?:know|say|said|tell|answer|answered|find|found|determine|determined|be determined)"
    r"|i am not sure|im not sure"
    r"|n ?a|none|nothing|null|nil|idk|tbd|todo|placeholder|answer"
    r"|no (?:answer|answers|idea|information|info|result|results|data|clue|evidence)"
    r"|noanswer|insufficient (?:information|data|evidence|context))"
    r"(?: (?:the answer|(?:to )?(?:this|the) question|it|that|this|yet|available|found|given|sorry"
    r"|at this time|(?:from|based on|in|with|given) (?:the|these|this|what) .*))?"
)
_SAYS_NOTHING_UNSPACED = frozenset(
    [
        "\u4e0d\u77e5\u9053",
        "\u672a\u77e5",
        "\u65e0",
        "\u7121",
        "\u4e0d\u6e05\u695a",
        "\u4e0d\u8be6",
        "\u6ca1\u6709\u7b54\u6848",
        "\u65e0\u6cd5\u786e\u5b9a",
        "\u65e0\u6cd5\u56de\u7b54",
        "\u4e0d\u660e",
        "\u308f\u304b\u3089\u306a\u3044",
    ]
)


def is_answer(text: str, accepted: Sequence[str]) -> bool:
    """Return whether there is something to judge.

    Not so: no letter or digit at all, a single letter (unless single letters are what is accepted,
    as in multiple choice), and words that only say that no answer is known. A single digit or a
    single character of a script without capitals may be an answer.

    >>> [is_answer(text, ("Tessa",)) for text in ("Ull", "x", "7", "?!", "I don't know.")]
    [True, False, True, False, False]
    >>> is_answer("c", ("B",)), is_answer("Unknown", ("Unknown",))
    (True, True)
    """
    if is_accepted(text, accepted):
        return True
    core = _core(text)
    if len(core) < 2:
        return _may_stand_alone(core, accepted)
    plain = " ".join(text.lower().translate(_DELETED).split())
    return plain not in _SAYS_NOTHING_UNSPACED and not _SAYS_NOTHING.fullmatch(plain[:200])


def is_echo(text: str, question: str, accepted: Sequence[str]) -> bool:
    """Return whether an answer is copied from the question in place of an answer.

    The question itself is; else a text whose content words all stand in the question and which is
    longer than any accepted answer. Where the question names the answer ("Which is older, Vel or
    Orm?"), a wrong choice is no echo; a text that has the right one and more of the question is.

    >>> is_echo("Vel or Orm", "Which is older, Vel or Orm?", ("Vel",))
    True
    >>> is_echo("Orm Hill", "Which is older, Vel or Orm Hill?", ("Vel",))
    False
    """
    if is_accepted(text, accepted):
        return False
    given, asked, golds = words(text), words(question), [words(answer) for answer in accepted]
    if given and given == asked:
        return True
    content = content_words(text)
    if not content or not content <= set(asked):
        return False
    if len(given) <= max(map(len, golds), default=0):
        return False
    named = [gold for gold in golds if _stands_in(gold, asked)]
    return not named or any(_stands_in(gold, given) for gold in named)


def is_accepted(text: str, accepted: Sequence[str]) -> bool:
    """Return whether a text is an accepted answer, normalised; a lone "A" is not nothing.

    >>> is_accepted("the Tessa.", ("Tessa",)), is_accepted("the", ("A",))
    (True, False)
    """
    return _plain(text) in map(_plain, accepted)


@lru_cache(maxsize=16_384)
def _plain(text: str) -> str:
    return squad_cached(text) or text.strip().casefold()


def _core(text: str) -> str:
    """Return the letters, digits and symbols ("C++"), or nothing if there are symbols alone."""
    folded = unicodedata.normalize("NFKC", text)
    kinds = [(unicodedata.category(letter)[0], letter) for letter in folded]
    says = any(kind in "LN" for kind, _ in kinds)
    return "".join(letter for kind, letter in kinds if kind in "LNS") if says else ""


def _may_stand_alone(core: str, accepted: Sequence[str]) -> bool:
    if not core:
        return False
    if unicodedata.category(core)[0] == "N" or unicodedata.category(core) == "Lo":
        return core not in _SAYS_NOTHING_UNSPACED
    return any(len(_core(answer)) == 1 for answer in accepted)


def _stands_in(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    size = len(part)
    return size > 0 and any(whole[n : n + size] == part for n in range(len(whole) - size + 1))
