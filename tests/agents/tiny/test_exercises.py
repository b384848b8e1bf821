import re

from hopgym.agents.tiny.exercises import Reading, compare
from hopgym.agents.tiny.sentences import statement
from hopgym.envs.datasets.world import World
from hopgym.retrieval import make_retriever
from hopgym.seeding import rng_for

WORLD = World(seed=4, entities=300)


def test_an_exercise_states_what_its_documents_tell_and_nothing_else():
    reading = Reading(WORLD, make_retriever("bm25", WORLD.documents))
    exercises = list(reading.draw(rng_for(1), 40, 2))
    assert len(exercises) > 30
    for shown, step in exercises:
        said = step.removeprefix("Step 2:\nThe problem analysis: ")
        assert said != step
        told = [fact for facts in reading._told.values() for fact in facts if fact.head in said]
        stated = [fact for fact in told if statement(fact) in said]
        assert stated
        assert all(fact.head in shown and fact.tail in shown for fact in stated)
        rest = said
        for fact in stated:
            rest = rest.replace(statement(fact), "")
        assert all(re.fullmatch(r"The \w+ that .* is .+", each) for each in _sentences(rest))


def _sentences(text):
    return [each.strip() for each in text.split(".") if each.strip()]


def test_exercises_follow_their_generator():
    reading = Reading(WORLD, make_retriever("bm25", WORLD.documents))
    one, same, other = (list(reading.draw(rng_for(seed), 5, 2)) for seed in (1, 1, 2))
    assert one == same != other


def test_comparing_picks_rightly():
    (opening, _), *drills = compare(rng_for(3), 40)
    assert opening == "Step 3:\nThe problem analysis:"
    assert len(drills) == 40
    picks = {"oldest": min, "youngest": max, "earliest": min, "latest": max}
    seen = set()
    for given, picked in drills:
        word, one, two = re.fullmatch(r"The (.+) of (\d+) and (\d+) is", given).groups()
        assert picked in (f"{one}.", f"{two}.")
        if word in picks:
            seen.add(word)
            assert picked == f"{picks[word](int(one), int(two))}."
    assert seen == set(picks)
