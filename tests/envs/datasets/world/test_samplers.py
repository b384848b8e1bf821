"""Questions are answered from their words alone, by a reader that shares nothing with the samplers."""

import re

import pytest

from hopgym.envs.datasets.world.config import FEWEST_HOPS, KINDS, WorldConfig
from hopgym.envs.datasets.world.relations import KINDS as TYPES
from hopgym.envs.datasets.world.relations import RELATIONS
from hopgym.envs.datasets.world.samplers import SAMPLERS, Dice
from hopgym.envs.datasets.world.universe import Universe
from hopgym.seeding import rng_for

SLOTS = [(kind, hops) for kind in KINDS for hops in range(FEWEST_HOPS[kind], 7)]
AND = re.compile(r" and (?=has |had |attended |lies |adapts )")


class Reader:
    """Reads a question and finds its answers by going through the whole universe."""

    def __init__(self, universe):
        self.universe = universe
        self.numbers = {name: number for number, name in enumerate(universe.names)}

    def answers(self, text):
        """All answers of a question, as they are written."""
        match = re.fullmatch(r"Which (\w+) (.*)\?", text)
        if match and (found := self.meeting(*match.groups())):
            return {self.universe.names[entity] for entity in found}
        return {
            self.universe.text(relation, self.universe.tail(relation.name, entity))
            for relation, entity in self.asked(text, "question", "?")
        }

    def asked(self, text, part, end=""):
        for relation in RELATIONS:
            before = getattr(relation, part).removesuffix("{x}" + end)
            if text.startswith(before) and text.endswith(end):
                for entity in self.entities(text.removeprefix(before).removesuffix(end)):
                    if self.universe.kinds[entity] == relation.head:
                        yield relation, entity

    def entities(self, text):
        """All entities that a phrase may mean."""
        if text in self.numbers:
            return {self.numbers[text]}
        match = re.fullmatch(r"the (\w+) that (.*)", text)
        if match and (found := self.meeting(*match.groups())):
            return found
        stepped = {
            self.universe.tail(relation.name, entity)
            for relation, entity in self.asked(text, "noun")
            if relation.span is None
        }
        return stepped | self.compared(text)

    def compared(self, text):
        found = set()
        for relation in (relation for relation in RELATIONS if relation.span):
            for words, choose in ((relation.least, min), (relation.most, max)):
                names = re.split(", | and ", text.removeprefix(f"{words} "))
                items = [self.numbers.get(name) for name in names]
                comparable = set(items) <= set(self.universe.entities(relation.head))
                if text.startswith(words) and comparable:
                    values = [self.universe.tail(relation.name, item) for item in items]
                    best = choose(values)
                    found |= {i for i, v in zip(items, values, strict=True) if v == best}
        return found

    def meeting(self, noun, text):
        kind = next((kind.name for kind in TYPES if kind.noun == noun), None)
        found = set(self.universe.entities(kind)) if kind else set()
        for condition in AND.split(text):
            found &= {
                head
                for relation in RELATIONS
                if relation.head == kind and relation.condition
                if condition.startswith(before := relation.condition.removesuffix("{x}"))
                for tail in self.entities(condition.removeprefix(before))
                if self.universe.kinds[tail] == relation.tail
                for head in self.universe.heads(relation.name, tail)
            }
        return found


@pytest.fixture(scope="module")
def universe():
    return Universe(WorldConfig(entities=300))


def drafts(universe, kind, hops, number=40):
    dice = Dice(rng_for(0, "test", kind, hops))
    found = (SAMPLERS[kind](universe, dice, hops) for _ in range(4_000))
    return [draft for draft in found if draft is not None][:number]


@pytest.mark.parametrize(("kind", "hops"), SLOTS)
def test_the_words_have_exactly_the_answer_that_is_given(universe, kind, hops):
    reader = Reader(universe)
    made = drafts(universe, kind, hops)
    assert len(made) == 40
    for draft in made:
        assert reader.answers(draft.text) == {draft.answer}, draft.text
        if draft.answer_entity is not None:
            assert universe.names[draft.answer_entity] == draft.answer


@pytest.mark.parametrize(("kind", "hops"), SLOTS)
def test_a_draft_has_its_hops_and_names_its_topics(universe, kind, hops):
    for draft in drafts(universe, kind, hops):
        assert len(draft.plan.hops) == hops
        assert all(universe.names[entity] in draft.text for entity in draft.plan.named)
        assert draft.answer_entity not in draft.plan.named
        for index, hop in enumerate(draft.plan.hops):
            assert all(0 <= need < index for need in hop.needs)


@pytest.mark.parametrize("kind", ["chain", "comparison", "mixed"])
def test_the_last_hop_gives_the_answer(universe, kind):
    for draft in drafts(universe, kind, 4):
        assert draft.plan.hops[-1].answer == draft.answer


class Tied(Universe):
    """A universe where numbers are often the same."""

    def _draw(self, relation):
        tails = super()._draw(relation)
        return [tail % 5 for tail in tails] if relation.span else tails


def test_equal_numbers_are_not_compared():
    made = drafts(Tied(WorldConfig(entities=300)), "comparison", 3, number=200)
    assert len(made) == 200
    for draft in made:
        numbers = [hop.answer for hop in draft.plan.hops if hop.relation.span]
        assert len(numbers) >= 2 and len(set(numbers)) == len(numbers)


def test_an_intersection_is_found_first_and_confirmed_after(universe):
    for draft in drafts(universe, "intersection", 4):
        meeting = [hop for hop in draft.plan.hops if hop.head == draft.answer_entity]
        assert len(meeting) >= 2 and meeting[0].answer == draft.answer
        first = draft.plan.hops.index(meeting[0])
        assert all(first in hop.needs for hop in meeting[1:])


def test_dice_are_fair_enough_and_stay_in_range():
    dice = Dice(rng_for(0))
    rolls = [dice.roll(6) for _ in range(6_000)]
    assert set(rolls) == set(range(6)) and min(map(rolls.count, range(6))) > 850
    assert {dice.pick("ab") for _ in range(50)} == {"a", "b"}
