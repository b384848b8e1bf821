"""Reasoning accuracy: whether the queries of an episode follow from what its analyses say.

Exact, from the gold hops, in `reasoning_accuracy`; by a judge, for any question, in
`judged_reasoning`. What must have been said before a hop can be asked is told by `bridges.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..core import Question, Step, Trajectory
from . import verdicts
from .base import Item
from .bridges import Bridges, bridges_of
from .judges import make_judge
from .judges.base import Judge
from .marks import step_claim
from .normalize import squad_cached, squad_words
from .words import naming_words, words

FEW = 4
"""Words of other names that an analysis may always have: two names."""

SHARE = 4
"""Of so many words of other names that were shown it may have one; with more it is a copy."""


def reasoning_accuracy(question: Question, trajectory: Trajectory) -> float | None:
    """Return the share of sound queries, among those asked and those left out.

    A query step is sound if it can be paired with a gold hop, each hop with one step at most:

    1. it found a document of that hop, new or shown before;
    2. its analysis, or an earlier one, names the answers that the hop builds on (the bridge
       entities), as whole tokens in the official normalisation. Where the hop builds on none, the
       step's own analysis has a word of the name that it asks about (see `bridges_of`);
    3. the query was not asked before.

    An analysis that lists what was shown says nothing: one that has more than a quarter of the words
    of all other names and numbers in the documents shown so far, and more than four. Other names are
    those that stand neither in the question nor in its gold hops.

    The sound steps are divided by all query steps and the hops none of whose documents any query
    found, so that to stop early gains nothing. A document that came by the way, or serves two hops,
    needs no query of its own. Steps that could not be read are the matter of `format_adherence`.

    Returns:
        A share from 0 to 1; 0 for an episode without queries. None where it cannot be told: there
        are no gold hops, one has no document, or one that others need has no answer.

    >>> from hopgym.core import Hit, Hop
    >>> hop = Hop("Who directed Vel?", "Ada Orm", ("d1",))
    >>> question = Question("q", "Who directed Vel?", ("Ada Orm",), hops=(hop,))
    >>> said = {"analysis": "I look for the director of Vel."}
    >>> step = Step(1, "", said, queries=("director of Vel",), hits=(Hit("d1", 1.0),))
    >>> reasoning_accuracy(question, Trajectory("q", "e", steps=(step,)))
    1.0
    """
    bridges = bridges_of(question)
    if bridges is None:
        return None
    asking = [step for step in trajectory.steps if step.queries]
    found = [_found(bridges, step) for step in asking]
    missed = len(question.hops) - len(set[int]().union(*found))
    return _pairs(_sound(bridges, asking, found)) / (len(asking) + missed)


def judged_reasoning(judge: str | Judge, items: Sequence[Item]) -> list[float | None]:
    """Return, for each episode, how coherent a judge finds its query steps, on average.

    It needs no gold. The judge is asked once, for all steps of all episodes.

    Args:
        judge: A judge, or its name with options.
        items: Questions and episodes.

    Returns:
        Means from 0 to 1; 0 for an episode without queries. None where the judge left a step
        unscored: report nothing then, and no zero.

    Raises:
        UnknownNameError: If no judge has that name.
        ConfigError: If it is no judge, or returned something else than verdicts.
    """
    asked = [[n for n, step in enumerate(t.steps) if step.queries] for _, t in items]
    claims = [
        step_claim(question, trajectory, number)
        for (question, trajectory), row in zip(items, asked, strict=True)
        for number in row
    ]
    told = iter(verdicts.process(make_judge(judge), claims))
    rows = [[next(told) for _ in row] for row in asked]
    return [
        None
        if any(verdict.unscored for verdict in row)
        else sum(verdict.coherence for verdict in row) / max(len(row), 1)
        for row in rows
    ]


def _found(bridges: Bridges, step: Step) -> set[int]:
    """Return the hops of which a step found a document."""
    return {hop for hit in step.hits for hop in bridges.places.get(hit.document_id, ())}


def _sound(
    bridges: Bridges, asking: Sequence[Step], found: Sequence[Collection[int]]
) -> list[list[int]]:
    """Return, for each query step, the hops that it may be paired with."""
    sound: list[list[int]] = []
    named: set[int] = set()
    asked: set[str] = set()
    for number, (step, reached) in enumerate(zip(asking, found, strict=True)):
        analysis = str(step.parsed.get("analysis", ""))
        said, names = _said(bridges, analysis, asking[:number])
        named |= names
        queries = {squad_cached(query) for query in step.queries}
        led = [] if queries <= asked else [n for n in reached if bridges.leading(n, named, said)]
        sound.append(led)
        asked |= queries
    return sound


def _said(bridges: Bridges, analysis: str, before: Sequence[Step]) -> tuple[set[str], set[int]]:
    """Return the words of an analysis, and the hops whose answers it names.

    Nothing if it leads nowhere, or is a copy of what was shown.
    """
    plain = squad_words(analysis)
    said = set(plain)
    if not analysis.isascii():
        said.update(words(analysis))  # without accents, as words of names are kept
    if bridges.keys.isdisjoint(said):
        return set(), set()
    own = said - bridges.common
    if len(own) > FEW and _is_copy(own, bridges, before):
        return set(), set()
    return said, bridges.named_in(plain)


def _is_copy(own: set[str], bridges: Bridges, before: Sequence[Step]) -> bool:
    """Return whether an analysis has, of its own words, too many of those shown before."""
    lines = [line for step in before if step.hits for line in step.observation.split("\n")]
    shown = [naming_words(line) for line in lines]
    copied = len(set[str]().union(*(own & names for names in shown)))
    others = frozenset[str]().union(*shown) - bridges.common if copied > FEW else ()
    return copied > max(FEW, len(others) // SHARE)


def _pairs(sound: Sequence[Sequence[int]]) -> int:
    """Return how many steps can be paired with a hop of their own: a largest matching."""
    taken: dict[int, int] = {}
    return sum(_pair(step, sound, taken, set()) for step in range(len(sound)))


def _pair(
    step: int, sound: Sequence[Sequence[int]], taken: dict[int, int], tried: set[int]
) -> bool:
    """Find a hop for a step; a step that holds it may have to move (Kuhn's algorithm)."""
    for hop in sound[step]:
        if hop in tried:
            continue
        tried.add(hop)
        if hop not in taken or _pair(taken[hop], sound, taken, tried):
            taken[hop] = step
            return True
    return False
