"""Show 5 of the issue: the set of optimal actions, on small graphs solved exactly."""

from typing import NamedTuple

import numpy as np
import pytest

from hopgym.errors import ConfigError
from hopgym.rewards.kg.facts import answer_recall, answers_found, fact_ratios, ratios
from hopgym.rewards.kg.shaping import Potential, shaping_term
from hopgym.rewards.kg.symbolic import Facts, read_ids
from hopgym.seeding import rng_for

GRAPHS = 500
CLOSE = 1e-9


class Game(NamedTuple):
    """A question with up to 8 facts; a state is the set selected, as the bits of its number."""

    sets: np.ndarray  # [2**M, M], the facts in each state
    f1: np.ndarray  # [2**M]
    recall: np.ndarray  # [2**M]
    stop: np.ndarray  # [2**M], what STOP pays: answer score, answers found, less the size


def small_game(index: int) -> Game:
    rng = rng_for(5, "small graph", index)
    count, nodes = int(rng.integers(1, 9)), int(rng.integers(2, 7))
    heads, tails = rng.integers(0, nodes, (2, count))
    relations = rng.integers(0, 3, count)
    topics = rng.choice(nodes, int(rng.integers(1, 3)), replace=False)
    answers = rng.choice(nodes, int(rng.integers(1, min(3, nodes) + 1)), replace=False)
    gold = rng.random(count) < 0.4
    sets = (np.arange(2**count)[:, None] >> np.arange(count)) & 1 == 1
    rows = len(sets)
    broad = [np.broadcast_to(a, (rows, len(a))) for a in (heads, tails, answers)]
    recall = answer_recall(answers_found(sets, *broad), len(answers))
    f1 = fact_ratios(sets, np.broadcast_to(gold, sets.shape)).f1
    score = reader_f1(sets, heads, relations, tails, topics, answers, nodes)
    cost = rng.choice([0.0, 0.05, 0.3])
    return Game(sets, f1, recall, score + 0.5 * (recall > 0) - cost * sets.sum(axis=1))


def reader_f1(sets, heads, relations, tails, topics, answers, nodes):
    """The F1 of the symbolic reader's answers in every state."""
    rows = len(sets)
    state, fact = np.nonzero(sets)
    facts = Facts(state * nodes + heads[fact], relations[fact], state * nodes + tails[fact], state)
    known = (np.arange(rows)[:, None] * nodes + topics).ravel()
    ends = read_ids(facts, known, entities=rows * nodes, questions=rows)
    given = np.bincount(ends.owners, minlength=rows)
    right = np.bincount(ends.owners[np.isin(ends.entities % nodes, answers)], minlength=rows)
    return ratios(right, given, len(answers)).f1


def solve(game, gamma, add, stop):
    """Return Q, `[2**M, M + 1]`, of selecting each fact and of STOP; -inf where not allowed.

    Args:
        game: What is played.
        gamma: The discount.
        add: `(states, next states) -> rewards` of selecting.
        stop: `[2**M]`, the reward of STOP.
    """
    states, count = game.sets.shape
    q = np.full((states, count + 1), -np.inf)
    q[:, -1] = stop
    sizes, value = game.sets.sum(axis=1), np.zeros(states)
    for size in range(count, -1, -1):
        here = np.flatnonzero(sizes == size)
        row, fact = np.nonzero(~game.sets[here])
        state, reached = here[row], here[row] + 2**fact
        q[state, fact] = add(state, reached) + gamma * value[reached]
        value[here] = q[here].max(axis=1)
    return q


def best(q):
    return q >= q.max(axis=1, keepdims=True) - CLOSE


def plain(game, gamma):
    return solve(game, gamma, lambda states, reached: np.zeros(len(reached)), game.stop)


def shaped(game, gamma, potential, paid_gamma=None, terminal=True):
    phi = potential(game.f1, game.recall)
    paid = gamma if paid_gamma is None else paid_gamma

    def add(states, reached):
        return shaping_term(phi[states], phi[reached], gamma=paid)

    stop = game.stop + shaping_term(phi, phi, terminal, gamma=paid)
    return solve(game, gamma, add, stop), phi


@pytest.fixture(scope="module")
def games():
    return [small_game(index) for index in range(GRAPHS)]


@pytest.mark.parametrize("gamma", [1.0, 0.9])
@pytest.mark.parametrize("potential", [Potential(), Potential(3.0, -1.0)], ids=str)
def test_the_optimal_actions_stay_in_every_state(games, gamma, potential):
    for game in games:
        q, (q_shaped, phi) = plain(game, gamma), shaped(game, gamma, potential)
        assert (best(q) == best(q_shaped)).all()
        allowed = np.isfinite(q)
        moved = np.broadcast_to(phi[:, None], q.shape)[allowed]
        np.testing.assert_allclose(q_shaped[allowed], q[allowed] - moved, atol=1e-12)


def test_the_graphs_ask_for_something(games):
    """The control: states differ in what is best there, and facts are worth selecting."""
    first = [best(plain(game, 1.0))[0] for game in games]
    assert 20 < sum(row[-1] for row in first) < 450  # STOP at once: best in some, not in all
    assert sum(len(game.stop) == 256 for game in games) > 30


@pytest.mark.parametrize(
    ("gamma", "wrong"),
    [
        (1.0, {"terminal": False}),  # Phi(terminal) is not 0: good facts are paid twice
        (0.9, {"terminal": False}),
        (0.9, {"paid_gamma": 1.0}),  # another discount than the learner's
    ],
)
def test_done_wrong_it_moves_the_optimum(games, gamma, wrong):
    moved = sum(
        (best(plain(game, gamma)) != best(shaped(game, gamma, Potential(), **wrong)[0])).any()
        for game in games
    )
    assert moved > 50


@pytest.mark.parametrize("gamma", [1.0, 0.8])
def test_the_terms_of_an_episode_add_up_to_nothing(gamma):
    phi = Potential(0.7, 0.3)([0.0, 0.4, 0.5, 0.8, 0.8], [0.0, 0.0, 1.0, 1.0, 1.0])
    terms = shaping_term(phi[:-1], phi[1:], [False, False, False, True], gamma=gamma)
    assert sum(gamma**t * term for t, term in enumerate(terms)) == pytest.approx(0.0)
    cut = shaping_term(phi[-2], phi[-1], gamma=gamma)  # truncated: the potential stays
    assert float(cut) == pytest.approx((gamma - 1) * phi[-1])


@pytest.mark.parametrize("gamma", [0.0, -1.0, 1.01, True, "1", float("nan")])
def test_a_gamma_that_is_no_discount_is_refused(gamma):
    with pytest.raises(ConfigError, match=r"gamma is .*above 0 and at most 1"):
        shaping_term(0.0, 0.0, gamma=gamma)


@pytest.mark.parametrize("weight", [float("inf"), float("nan"), "1", None, True])
def test_a_weight_that_is_no_number_is_refused(weight):
    with pytest.raises(ConfigError, match=r"weight answer_recall is .*finite number"):
        Potential(answer_recall=weight)
