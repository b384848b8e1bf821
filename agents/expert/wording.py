"""Queries as what they look for, and answers as what was found: one fact a sentence.

"Who was the founder of Vel?" looks for "the founder of Vel", and what was found is "The founder of
Vel was Ada Orm." Where a question is of no known form, its own words stand there: always right, if
plainer. Knows English by its form alone; the expert agent writes its analyses with it.
"""

from __future__ import annotations

import re

_THIS = "this: "
"""Stands before a question that is of no known form."""

_ASKS = re.compile(r"(?:who|what|which|whom|whose|when|where|why|how)\b", re.IGNORECASE)
_PAIR = re.compile(r"(.+?)\s*>>\s*(.+?)\??")
"""MuSiQue's form of a single-hop question: subject >> relation."""

_IS = re.compile(
    r"(?:Who|What|Which) (is|was|are|were) ((?:the|a|an|[A-Z][\w'\u2019.-]*['\u2019]s) .+)"
)
_WHICH_IS = re.compile(
    r"(?:Which|What) ((?:[\w'\u2019-]+ ){1,4}?)((?:is|was|are|were|has|had|have)\b .+)"
)
_WHICH_DOES = re.compile(
    r"(?:Which|What) ([a-z]+ )([a-z]+(?:s|ed) "
    r"(?:in|on|at|by|with|of|through|to|for|from|the|a|an|[A-Z]).*)"
)
_AUXILIARY = "is|was|are|were|am|be|do|does|did|has|have|had|can|could|will|would|may|might|else"
_WHO_DOES = re.compile(rf"Who ((?!(?:{_AUXILIARY})\b)[a-z]+ .+)")


def sought(query: str) -> str:
    """Return what a query looks for.

    >>> sought("Who was the founder of Vel?"), sought("Which city has the campus of Orm College?")
    ('the founder of Vel', 'the city that has the campus of Orm College')
    >>> sought("Where was Ada Orm born?"), sought("Vel >> director")
    ('this: Where was Ada Orm born?', 'the director of Vel')
    """
    return _read(query)[0]


def statement(query: str, answer: str) -> str:
    """Return what was found, as a sentence in the query's words.

    >>> statement("Who was the founder of Vel?", "Ada Orm")
    'The founder of Vel was Ada Orm.'
    >>> statement("Where was Ada Orm born?", "Tessa")
    'Where was Ada Orm born? Tessa.'
    """
    phrase, verb = _read(query)
    if verb:
        return sentence(f"{phrase[0].upper()}{phrase[1:]} {verb} {answer}")
    if phrase.startswith(_THIS):
        return sentence(f"{phrase.removeprefix(_THIS)} {answer}")
    return sentence(f"{phrase}: {answer}")


def sentence(text: str) -> str:
    """Return text with a full stop, unless it ends a sentence already.

    >>> sentence("I look for Vel"), sentence("Who is Vel?")
    ('I look for Vel.', 'Who is Vel?')
    """
    return text if text.endswith((".", "!", "?")) else f"{text}."


def plain(query: str) -> str:
    """Return a query as it would be asked: one that names a subject and a relation in words.

    >>> plain("Vel >> director"), plain("Who directed Vel?")
    ('the director of Vel', 'Who directed Vel?')
    """
    return _read(query)[0] if _PAIR.fullmatch(query.strip()) else query


def keywords(query: str) -> str:
    """Return a query without what only makes it a question.

    >>> keywords("Who was the founder of Vel?"), keywords("Where was Ada Orm born?")
    ('founder of Vel', 'Where was Ada Orm born')
    """
    phrase, verb = _read(query)
    words = phrase if verb else query.strip()
    return re.sub(r"^(?:the|a|an) ", "", words.rstrip("?"))


def _read(query: str) -> tuple[str, str]:
    """Return what is looked for, and the verb of a sentence that tells it; no verb if unsure."""
    words = " ".join(query.split()).rstrip("?").rstrip()
    if not _ASKS.match(words):
        if pair := _PAIR.fullmatch(words):
            return f"the {pair[2]} of {pair[1]}", "is"
        if words.startswith("the ") and not query.rstrip().endswith("?"):
            return words, "is"
        return (f"{_THIS}{words}?" if query.rstrip().endswith("?") else words), ""
    if match := _IS.fullmatch(words):
        return match[2], match[1]
    if match := _WHICH_IS.fullmatch(words) or _WHICH_DOES.fullmatch(words):
        return f"the {match[1]}that {match[2]}", "is"
    if match := _WHO_DOES.fullmatch(words):
        return f"the person who {match[1]}", "is"
    return f"{_THIS}{words}?", ""
