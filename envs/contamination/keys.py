"""What makes two questions the same: an id, a text, a chain of gold facts, gold documents.

Keys of one question at a time; who compares them is [`overlap`][hopgym.envs.contamination.overlap].
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence

import msgspec

from ...core import Fact, Question
from ...rewards.lookalikes import as_latin
from ...rewards.normalize import squad, squad_cached

Chain = frozenset[tuple[str, ...]]
"""The facts that a question takes; in which order they stand does not count."""

Link = frozenset[str]
"""The two ends of a fact, whichever way it is told and by whatever relation."""


def plain(text: str) -> str:
    r"""Return a text as it is compared: as SQuAD's script normalises, in Unicode's plainest letters.

    Full-width and look-alike letters are told as Latin ones, and what has no glyph is dropped.

    >>> plain("Who wrote the \u201cVel\u201d?"), plain("\uff37ho w\u200brote V\u0435l")
    ('who wrote vel', 'who wrote vel')
    """
    if not text.isascii():
        folded = as_latin(unicodedata.normalize("NFKC", text)).casefold()
        text = "".join(sign for sign in folded if unicodedata.category(sign)[0] not in "CP")
    return squad(text)


def chain_of(question: Question) -> Chain:
    """Return the facts that a question takes: its gold facts, or else its hops.

    >>> from hopgym.core import Hop
    >>> sorted(chain_of(Question("q", "?", ("x",), hops=(Hop("Who made Vel?", "Ada"),))))
    [('who made vel', 'ada')]
    """
    facts = gold_facts(question)
    if facts:
        return frozenset((f.head, f.relation, f.tail) for f in facts)
    return frozenset(
        (squad_cached(hop.query), squad_cached(hop.answer)) for hop in question.hops if hop.answer
    )


def gold_facts(question: Question) -> list[Fact]:
    """Return the gold facts; none where a question's graph is not made yet."""
    known = len(question.facts)
    return [question.facts[place] for place in question.gold_facts if place < known]


def links_of(chain: Chain) -> frozenset[Link]:
    """Return the ends of each fact of a chain: the same read backwards, or by another relation.

    >>> one = links_of(frozenset({("Vel", "author", "Ada")}))
    >>> one == links_of(frozenset({("Ada", "wrote", "VEL")}))
    True
    """
    return frozenset(frozenset((squad_cached(f[0]), squad_cached(f[-1]))) for f in chain)


def answers_of(question: Question) -> frozenset[str]:
    """Return the accepted answers, normalised."""
    return frozenset(filter(None, map(squad_cached, question.answers)))


def exact_keys(question: Question) -> list[tuple[str, object]]:
    """Return `(kind, key)` of all that makes a question the same as another, the surest first."""
    keys: list[tuple[str, object]] = [("id", question.id)]
    if text := plain(question.text):
        keys.append(("text", text))
    if chain := chain_of(question):
        keys.append(("facts", chain))
    return keys


def hashed(kind: str, key: object, scope: str = "") -> int:
    """Return 64 bits that stand for a key; of an id, within the question set that it is of.

    Of 100,000 keys and 10,000 others two different ones agree by chance once in 10 billion times.

    >>> hashed("id", "q1", "set") == hashed("id", "q1", "other")
    False
    """
    plainly = sorted(key) if isinstance(key, frozenset) else key
    told = [kind, scope if kind == "id" else "", plainly]
    return int.from_bytes(hashlib.blake2b(msgspec.json.encode(told), digest_size=8).digest())


def outlines_of(questions: Sequence[Question]) -> Sequence[Question]:
    """Return questions without their graphs, where these are made when they are asked for."""
    return getattr(questions, "outlines", questions)


def slim(questions: Iterable[Question]) -> list[Question]:
    """Return questions with their gold facts alone: graphs of thousands of facts need not be kept."""
    return [_slim(question) for question in questions]


def _slim(question: Question) -> Question:
    gold = tuple(gold_facts(question))
    return Question(
        id=question.id,
        text=question.text,
        answers=question.answers,
        hops=question.hops,
        document_ids=question.document_ids,
        facts=gold,
        gold_facts=tuple(range(len(gold))),
    )
