import math
from collections import Counter
from itertools import combinations, permutations

import pytest
from tiny_llms import needs_llms

needs_llms()
import torch  # noqa: E402

from hopgym.agents.compress.plackett_luce import (  # noqa: E402
    draw,
    likeliest,
    log_prob,
    log_prob_of_set,
)
from hopgym.errors import ConfigError  # noqa: E402

LOGITS = torch.tensor([0.3, -1.2, 2.0, 0.0, -0.4], dtype=torch.float64)
NONE = float("-inf")


def by_hand(logits, order):
    """The product of the softmaxes over what is left."""
    left = {n: math.exp(value) for n, value in enumerate(logits.tolist())}
    product = 1.0
    for place in order:
        product *= left[place] / sum(left.values())
        del left[place]
    return product


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_the_log_probability_is_that_of_enumeration(count):
    orders = list(permutations(range(5), count))
    told = log_prob(LOGITS.expand(len(orders), -1), orders)
    assert told.exp().tolist() == pytest.approx([by_hand(LOGITS, o) for o in orders], abs=1e-12)
    assert told.exp().sum().item() == pytest.approx(1.0, abs=1e-12)


def test_that_of_a_set_is_the_sum_over_its_orders():
    sets = list(combinations(range(5), 2))
    told = [log_prob_of_set(LOGITS, chosen).exp().item() for chosen in sets]
    assert sum(told) == pytest.approx(1.0, abs=1e-12)
    by_orders = by_hand(LOGITS, (0, 2)) + by_hand(LOGITS, (2, 0))
    assert told[sets.index((0, 2))] == pytest.approx(by_orders, abs=1e-12)
    with pytest.raises(ConfigError, match="9 places were chosen"):
        log_prob_of_set(torch.zeros(12), range(9))


def test_draws_come_as_often_as_their_probability_says():
    number = 20_000
    noise = torch.Generator().manual_seed(0)
    (drawn,) = draw(LOGITS[None].float(), [2], noise, samples=number)
    seen = Counter(map(tuple, drawn))
    for order in permutations(range(5), 2):
        expected = by_hand(LOGITS, order)
        assert abs(seen[order] / number - expected) < 4 * math.sqrt(expected / number) + 1e-3


def test_rows_have_budgets_of_their_own_and_what_is_no_chunk_is_never_drawn():
    logits = torch.tensor([[0.0, 5.0, NONE], [1.0, 0.0, 2.0]], requires_grad=True)
    draws = draw(logits, [2, 1], torch.Generator().manual_seed(1), samples=50)
    assert all(sorted(each) == [0, 1] for each in draws[0]) and all(len(e) == 1 for e in draws[1])
    told = log_prob(logits, [draws[0][0], draws[1][0]])
    told.sum().backward()
    assert torch.isfinite(told).all() and torch.isfinite(logits.grad).all()
    assert log_prob(logits, [[], []]).tolist() == [0.0, 0.0]
    assert likeliest(logits, [1, 2]) == [[1], [2, 0]]
    with pytest.raises(ConfigError, match="3 chunks are to be drawn of 2 in row 0"):
        draw(logits, [3, 1], torch.Generator())
