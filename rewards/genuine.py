"""Whether what stands between the answer tags is an answer at all, be it right or wrong.

Two closures of the DagSearch reward. They know nothing of rightness beyond this: what is accepted
is an answer, however short it is and wherever its words come from.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Sequence

from .candidates import candidates, stands_in
from .judges.option_sets import only_letters
from .lookalikes import BLANK, as_latin
from .normalize import squad_cached
from .words import content_words, words

_TIED = re.compile(r"\w[^\w\s.,;:!?'\"()\[\]\u2019-]")
"""A letter and a mark that belong together: "C++", "R&B"."""
_MANY = 4
"""Words of a question, or half of its content words, that are an echo from so many on."""
_LETTER = re.compile(r"\W*[A-Ha-h](?![^\W_])")
_VERDICTS = frozenset({("yes",), ("no",), ("true",), ("false",)})

_DELETED = str.maketrans("", "", string.punctuation + "\u2018\u2019\u3002\uff0c\uff1f\uff01")
_SAYS_NOTHING = re.compile(
    r"(?:(?:sorry|unfortunately) )?"
    r"(?:(?:(?:the )?(?:final )?(?:answer|result)|it|this|that|i|we) (?:is |was |can |could )?)?"
    r"(?:un(?:known|clear|sure|determined|available|specified|answerable|certain)"
    r"|not (?:known|clear|sure|available|found|given|stated|provided|specified|mentioned|certain"
    r"|applicable|determined|possible to (?:say|tell|know|answer|determine)"
    r"|enough (?:information|data|evidence|context))"
    r"|(?:i )?(?:do not|dont|did not|didnt|cannot|can not|cant|could not|couldnt|am unable to"
    r"|unable to)(?: be)?"
    r" (?:know|say|said|tell|answer|answered|find|found|determine|determined|be determined)"
    r"|i am not sure|im not sure"
    r"|n ?a|none|nothing|null|nil|idk|tbd|todo|placeholder|none of (?:them|these|those|the above)"
    r"|(?:(?:please )?(?:see|refer to|look at|as|same as|given|stated|shown|mentioned) )?"
    r"(?:the )?(?:above|below|results?|documents?|context|question|answer|text|plan|search results?)"
    r"(?: above| below| here)?|ditto|same|etc|no comment|(?:refuse|decline)(?: to (?:answer|say))?"
    r"|(?:not )?sure|maybe|perhaps|possibly|it depends|depends|who knows|(?:no one|nobody) knows"
    r"|some(?:one|body|thing|where)|any(?:one|body|thing|where)|whatever|skip|pass|ok|okay|done"
    r"|(?:your|my|insert|the) answer(?: here)?|lorem ipsum|foobar|test|hmm+"
    r"|no (?:answer|answers|idea|information|info|result|results|data|clue|evidence)"
    r"|noanswer|insufficient (?:information|data|evidence|context))"
    r"(?: (?:the answer|(?:to )?(?:this|the) question|it|that|this|yet|available|found|given|sorry"
    r"|at this time|(?:from|based on|in|with|given) (?:the|these|this|what) .*))?"
)
_SAYS_NOTHING_UNSPACED = frozenset(
    [
        "\u4e0d\u77e5\u9053",
        "\u7b54\u6848",
        "\u89c1\u4e0a",
        "\u540c\u4e0a",
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

    Not so: no letter or digit at all, one letter, alone or repeated (unless letters are what is
    accepted, as in multiple choice), function words alone, other than yes and no, and words that
    only refuse, refer to something else or say that no answer is known. A single digit or a single
    character of a script without capitals may be an answer. A made-up word is taken for one: what
    is a name and what is not, no list knows.

    >>> [is_answer(text, ("Tessa",)) for text in ("Ull", "xx", "7", "?!", "It cannot be said.")]
    [True, False, True, False, False]
    >>> is_answer("c", ("B",)), is_answer("Unknown", ("Unknown",))
    (True, True)
    """
    if is_accepted(text, accepted) or names_letters(text, accepted):
        return True
    core = _core(text)
    if len(core) < 2:
        return _may_stand_alone(core, accepted)
    if _is_one_letter(core) or _is_function_words(text):
        return False
    plain = " ".join(text.lower().translate(_DELETED).split())
    return plain not in _SAYS_NOTHING_UNSPACED and not _SAYS_NOTHING.fullmatch(plain[:200])


def is_echo(text: str, question: str, accepted: Sequence[str]) -> bool:
    """Return whether an answer is copied from the question in place of an answer.

    The question itself is, and so is a text that names two of the candidates that the question
    leaves to choose from, in any words. Naming one of them is a choice, right or wrong, however
    it is put. Where the answer does not stand in the question, words of the question alone are an
    echo if they are more than an accepted answer has. To a question for yes or no, or for an
    option by its letter, what gives one is an answer.

    >>> question = "Which film is older, Vel or Orm Hill?"
    >>> [is_echo(text, question, ("Vel",)) for text in ("Vel or Orm", "Vel is older", "Orm Hill")]
    [True, False, False]
    """
    if is_accepted(text, accepted):
        return False
    given, asked = (words(as_latin(each)) for each in (text, question))
    golds = [gold for each in accepted if (gold := words(as_latin(each)))]
    if given and given == asked:
        return True
    if len(asked) >= _MANY and stands_in(asked, given):  # said again; an answer may follow
        given = _left_of(given, asked)
        return not any(stands_in(gold, given) for gold in golds)
    if _decides(given, accepted) or names_letters(text, accepted):
        return False
    lettered = any(map(only_letters, accepted))
    options = () if lettered else candidates(question, [g for g in golds if g not in _VERDICTS])
    named = sum(_is_named(own, given) for own in options)
    if named or (options and any(stands_in(gold, given) for gold in golds)):
        return named > 1
    content = content_words(" ".join(given))
    if not content or not content <= set(asked):
        return False
    most = len(content) >= _MANY and 2 * len(content) > len(content_words(question))
    longer = len(given) > max(map(len, golds), default=0)
    return most or (longer and not lettered)


def names_letters(text: str, accepted: Sequence[str]) -> bool:
    """Return whether options are accepted by their letters, and a text gives such a letter.

    >>> names_letters("A. Vel", ("A, C",)), names_letters("Vel", ("A",)), names_letters("A", ("B",))
    (True, False, True)
    """
    return any(map(only_letters, accepted)) and bool(_LETTER.match(text))


def is_accepted(text: str, accepted: Sequence[str]) -> bool:
    """Return whether a text is an accepted answer, normalised; a lone "A" is not nothing.

    >>> is_accepted("the Tessa.", ("Tessa",)), is_accepted("the", ("A",))
    (True, False)
    """
    return _plain(text) in map(_plain, accepted)


def _plain(text: str) -> str:
    return squad_cached(text) or text.strip().casefold()


def _core(text: str) -> str:
    """Return the letters, digits and symbols ("C++"), or nothing if there are symbols alone."""
    folded = unicodedata.normalize("NFKC", text)
    seen = (letter for letter in folded if letter not in BLANK)
    kinds = [(unicodedata.category(letter)[0], letter) for letter in seen]
    says = any(kind in "LN" for kind, _ in kinds)
    return "".join(letter for kind, letter in kinds if kind in "LNS") if says else ""


def _is_one_letter(core: str) -> bool:
    """Whether it is one letter of a script with capitals, again and again."""
    return len(set(core.casefold())) == 1 and core.casefold() != core.upper()


def _is_function_words(text: str) -> bool:
    """Whether nothing else is said, nor a name made of them ("The Who"), nor yes or no."""
    said = words(text)
    if _TIED.search(text) or not _VERDICTS.isdisjoint((word,) for word in said):
        return False
    named = any(word[:1].isupper() for word in text.split()[1:]) or text.isupper()
    return not content_words(text) and not named and not any(map(str.isdigit, text))


def _may_stand_alone(core: str, accepted: Sequence[str]) -> bool:
    if not core:
        return False
    if unicodedata.category(core)[0] == "N" or unicodedata.category(core) == "Lo":
        return core not in _SAYS_NOTHING_UNSPACED
    return any(len(_core(answer)) == 1 for answer in accepted)


def _decides(given: Sequence[str], accepted: Sequence[str]) -> bool:
    """Whether yes or no is asked for and said first."""
    return given[:1] in _VERDICTS and any(words(answer) in _VERDICTS for answer in accepted)


def _is_named(own: frozenset[str], given: Sequence[str]) -> bool:
    """Whether at least half of the words of a candidate are given."""
    return bool(own) and 2 * len(own.intersection(given)) >= len(own)


def _left_of(given: tuple[str, ...], asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words without the first run of these."""
    size = len(asked)
    start = next(n for n in range(len(given)) if given[n : n + size] == asked)
    return given[:start] + given[start + size :]
