"""What must have been said before a gold hop can be asked: the bridge entities of a question.

Worked out once for each question, from its gold hops. It knows nothing of episodes; `reasoning.py`
holds them against it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, cast

from ..core import Hop, Question
from .normalize import squad, squad_cached
from .words import FUNCTION_WORDS, content_words, naming_words, words


class Bridges(NamedTuple):
    """The gold hops of a question, by what leads to each."""

    places: Mapping[str, tuple[int, ...]]
    """The hops that a gold document belongs to, by its id."""
    names: Mapping[int, tuple[str, ...]]
    """How the answer of a hop that others need may be called: normalised, between blanks."""
    ways: tuple[tuple[frozenset[int], ...], ...]
    """For each hop, the sets of hops of which one must be known, all of it; none: nothing leads."""
    about: tuple[frozenset[str], ...]
    """For each hop, words of the question of which one is enough; with and without an s, as the
    normalisation makes "Vel's" into "vels"."""
    common: frozenset[str]
    """The words of the question, of its answers and of its hops, and those that name nothing."""
    keys: frozenset[str]
    """Words of which an analysis has at least one if it leads anywhere."""

    def leading(self, hop: int, named: Collection[int], said: Collection[str]) -> bool:
        """Return whether something that was said leads to a hop.

        Args:
            hop: Which.
            named: The hops whose answers have been named so far.
            said: The words of the analysis that stands before the query.
        """
        return not self.about[hop].isdisjoint(said) or any(
            way.issubset(named) for way in self.ways[hop]
        )

    def named_in(self, plain: Sequence[str]) -> set[int]:
        """Return the hops whose answers stand, as whole tokens, in an analysis.

        Args:
            plain: Its words, as `squad_words` has them.

        >>> hops = (Hop("Who directed Vel?", "Ada Orm", ("d1",)),
        ...         Hop("Where was Ada Orm born?", "Tessa", ("d2",), needs=(0,)))
        >>> question = Question("q", "Where was Vel's director born?", ("Tessa",), hops=hops)
        >>> bridges_of(question).named_in(["it", "was", "ada", "orm", "of", "tessa"])
        {0}
        """
        said = f" {' '.join(plain)} "
        return {
            hop
            for hop, names in self.names.items()
            if any(name in said or _is_parted(name, said) for name in names)
        }


def _is_parted(name: str, said: str) -> bool:
    """Return whether a name stands there but for an article inside: "Lord of (the) Rings"."""
    first, _, rest = name.strip().partition(" ")
    return bool(rest) and f" {first} " in said and name in f" {squad(said)} "


def bridges_of(question: Question) -> Bridges | None:
    """Return the bridges of a question.

    A hop that needs others is led to by all their answers. It may also be found from its far end:
    by its own answer, where that stands in the question ("which of them had the mentor Ada Orm?") or
    is the answer of a hop that it needs. A hop that needs none is led to by a name that its query
    and the question share.

    Returns:
        None where they cannot be told: there are no hops, one has no document, or one that others
        need has no answer.
    """
    return _bridges(_Asked(question)) if question.hops else None


class _Asked:
    """A question as the key of a cache: quick to tell from others, as its hops need no hash."""

    __slots__ = ("question",)

    def __init__(self, question: Question) -> None:
        self.question = question

    def __hash__(self) -> int:
        return hash(self.question.id)

    def __eq__(self, other: object) -> bool:
        mine, its = self.question, cast("_Asked", other).question
        return mine is its or (
            (mine.text, mine.hops, mine.answers) == (its.text, its.hops, its.answers)
        )


@lru_cache(maxsize=16_384)
def _bridges(asked: _Asked) -> Bridges | None:
    text, hops, answers = asked.question.text, asked.question.hops, asked.question.answers
    needed = sorted({need for hop in hops for need in hop.needs})
    if not all(hop.document_ids for hop in hops) or not all(
        0 <= need < len(hops) and squad(hops[need].answer) for need in needed
    ):
        return None
    names = {need: _names(hops[need].answer, answers) for need in needed}
    about = tuple(_about(hop, text) for hop in hops)
    first = {name.split()[0] for each in names.values() for name in each}
    return Bridges(
        _places(hops),
        names,
        tuple(_ways(hop, hops) for hop in hops),
        about,
        _common(text, hops, answers),
        frozenset(first.union(*about)),
    )


def _places(hops: Sequence[Hop]) -> dict[str, tuple[int, ...]]:
    ids = dict.fromkeys(id for hop in hops for id in hop.document_ids)
    return {id: tuple(n for n, hop in enumerate(hops) if id in hop.document_ids) for id in ids}


def _names(answer: str, answers: Sequence[str]) -> tuple[str, ...]:
    """Return what an answer may be called; aliases are known of the question's own alone."""
    own = squad_cached(answer) in map(squad_cached, answers)
    names = dict.fromkeys(map(squad_cached, (answer, *answers) if own else (answer,)))
    return tuple(f" {name} " for name in names if name)


def _ways(hop: Hop, hops: Sequence[Hop]) -> tuple[frozenset[int], ...]:
    if not hop.needs:
        return ()
    ends = [n for n in hop.needs if squad_cached(hops[n].answer) == squad_cached(hop.answer)]
    return (frozenset(hop.needs), *(frozenset((end,)) for end in ends))


def _about(hop: Hop, text: str) -> frozenset[str]:
    names = _named_by(hop, text)
    return names | {f"{name}s" for name in names}


def _named_by(hop: Hop, text: str) -> frozenset[str]:
    """Return the words of the question that say what a hop is about."""
    if hop.needs:
        answer = squad_cached(hop.answer)
        given = bool(answer) and f" {answer} " in f" {squad_cached(text)} "
        return content_words(hop.answer) if given else frozenset()
    told, asked = content_words(hop.query), content_words(text)
    return (naming_words(hop.query) & asked) or (told & asked) or told


def _common(text: str, hops: Sequence[Hop], answers: Sequence[str]) -> frozenset[str]:
    texts = [text, *answers, *(part for hop in hops for part in (hop.query, hop.answer))]
    return FUNCTION_WORDS.union(word for each in texts for word in words(each))
