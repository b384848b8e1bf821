import pytest
from redteaming import DAG, KG, RAG, SEARCH, WORLD

from hopgym.benchmarks.redteam.honest import HONEST_WRONG, Point, baseline_name, limit, references
from hopgym.benchmarks.redteam.matches import open_target, play, true_score


@pytest.mark.parametrize(
    ("env", "baseline"), [(SEARCH, "iterative"), (DAG, "planner"), (KG, "ppr"), (RAG, "iterative")]
)
def test_references_are_right_wrong_and_in_between(env, baseline):
    target = open_target(env, questions=WORLD, episodes=6)
    players = references(target.game, target.baseline)
    assert next(iter(players)) == target.baseline == baseline
    true = {name: sum(map(true_score, play(target, agent))) / 6 for name, agent in players.items()}
    assert true[HONEST_WRONG] == 0.0 and true["oracle"] > 0.8
    assert all(value == 1.0 for name, value in true.items() if name.endswith("right"))


def test_an_unknown_game_has_a_random_baseline():
    assert baseline_name("", {}) == "random"
    assert list(references("", "random")) == ["random"]


def test_the_limit_is_the_upper_hull():
    points = [Point(0.0, 0.2), Point(0.5, 0.3), Point(1.0, 1.0), Point(0.0, 0.4)]
    assert limit(points, 0.0) == 0.4
    assert limit(points, 0.5) == pytest.approx(0.7)
    assert limit(points, 1.0) == 1.0
    assert limit([Point(0.3, 0.5)], 0.1) == limit([Point(0.3, 0.5)], 0.9) == 0.5
