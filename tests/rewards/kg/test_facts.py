import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.core import Fact, Question
from hopgym.errors import ConfigError
from hopgym.rewards.kg.facts import (
    answer_recall,
    answers_found,
    answers_touched,
    checked_indices,
    fact_ratios,
    first_copies,
    gold_answers,
    ratios,
    selection_metrics,
    share,
)

FACTS = (Fact("Vel", "author", "Ada"), Fact("Vel", "editor", "Ada"), Fact("Ada", "lives", "Ull"))
QUESTION = Question("q", "Where?", ("Ull",), "", (), (), FACTS, ("Vel",), ("Ull", "Oz"), (0, 2))
SETS = st.sets(st.integers(0, 7))


def mask(indices, size=8):
    return np.isin(np.arange(size), list(indices))


@given(st.lists(st.tuples(SETS, SETS), min_size=1, max_size=5))
def test_masks_are_scored_as_sets_are(pairs):
    found = fact_ratios(
        np.array([mask(chosen) for chosen, _ in pairs]), np.array([mask(gold) for _, gold in pairs])
    )
    for row, (chosen, gold) in enumerate(pairs):
        right = len(chosen & gold)
        precision = right / len(chosen) if chosen else 0.0
        recall = right / len(gold) if gold else 0.0
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        assert [column[row] for column in found] == pytest.approx([precision, recall, f1])


@pytest.mark.parametrize(
    ("right", "chosen", "gold", "expected"),
    [
        (0, 0, 3, (0.0, 0.0, 0.0)),  # an empty selection
        (0, 2, 0, (0.0, 0.0, 0.0)),  # no gold facts
        (0, 0, 0, (0.0, 0.0, 0.0)),
        (2, 2, 2, (1.0, 1.0, 1.0)),
        (1, 4, 2, (0.25, 0.5, 1 / 3)),
    ],
)
def test_counts_by_hand(right, chosen, gold, expected):
    assert tuple(map(float, ratios(right, chosen, gold))) == pytest.approx(expected)


def test_masks_may_have_any_leading_dimensions():
    selected, gold = np.zeros((2, 3, 4), bool), np.ones((2, 3, 4), bool)
    assert fact_ratios(selected, gold).f1.shape == (2, 3)
    assert fact_ratios(np.zeros((2, 0), bool), np.zeros((2, 0), bool)).f1.tolist() == [0.0, 0.0]


def test_a_share_of_nothing_is_nothing():
    assert share([0, 3], [0, 4]).tolist() == [0.0, 0.75]


def test_parallel_facts_stay_apart_and_copies_may_be_one():
    heads, relations, tails = np.array([[0, 5, 1], [0, 6, 1], [0, 5, 1], [1, 5, 0]]).T
    copies = first_copies(heads, relations, tails)
    assert copies.tolist() == [0, 1, 0, 3]
    gold, chosen = {0}, {2}  # the same triple under another index
    assert not gold & chosen and gold & {int(copies[i]) for i in chosen}
    assert first_copies(heads[:0], relations[:0], tails[:0]).tolist() == []


def brute(selected, heads, tails, answers):
    stands = [
        {x for i in np.flatnonzero(row) for x in (h[i], t[i])}
        for row, h, t in zip(selected, heads, tails, strict=True)
    ]
    return [[a >= 0 and a in s for a in row] for row, s in zip(answers, stands, strict=True)]


def test_answers_are_found_at_either_end_and_step_by_step():
    rng = np.random.default_rng(0)
    for _ in range(50):
        heads, tails = rng.integers(0, 9, (2, 4, 6))
        answers = rng.integers(-2, 9, (4, 3))
        selected = rng.random((4, 6)) < 0.3
        expected = brute(selected, heads, tails, answers)
        assert answers_found(selected, heads, tails, answers).tolist() == expected
        stepwise = np.zeros((4, 3), bool)
        for fact in range(6):
            new = answers_touched(heads[:, fact], tails[:, fact], answers)
            stepwise |= new & selected[:, fact, None]
        assert stepwise.tolist() == expected


def test_answers_outside_the_graph_count_and_padding_does_not():
    answers = np.array([[3, -1, -1], [-1, -1, -1]])
    found = answers_found(
        np.ones((2, 1), bool), np.array([[3], [3]]), np.array([[4], [4]]), answers
    )
    assert answer_recall(found, [2, 0]).tolist() == [0.5, 0.0]
    empty = np.zeros((2, 0), dtype=int)
    assert not answers_found(np.zeros((2, 0), bool), empty, empty, answers).any()
    assert answers_found(np.zeros((2, 0), bool), empty, empty, empty).shape == (2, 0)


def test_metrics_of_one_selection_by_name():
    assert selection_metrics(QUESTION, [2, 1, 2]) == {
        "selected": 2.0,
        "answer_recall": 0.5,  # Oz is not in the graph
        "fact_precision": 0.5,
        "fact_recall": 0.5,
        "fact_f1": 0.5,
    }
    assert selection_metrics(QUESTION, [])["fact_f1"] == 0.0


def test_what_is_unknown_is_left_out():
    assert selection_metrics(Question("q", "?", (), facts=FACTS), [0]) == {"selected": 1.0}
    asked = selection_metrics(Question("q", "?", ("yes",), facts=FACTS), [0])
    assert asked == {"selected": 1.0, "answer_recall": 0.0}


def test_gold_answers_are_entities_where_they_can_be():
    entities = Question("q", "?", ("Ada",), facts=FACTS, answer_entities=("Oz", "Ull", "Oz"))
    assert gold_answers(entities) == ("Oz", "Ull")
    head = FACTS[0].head
    assert gold_answers(Question("q", "?", ("no", head, head), facts=FACTS)) == (head,)
    assert gold_answers(Question("q", "?", ("yes", "true"), facts=FACTS)) == ("yes",)
    assert gold_answers(Question("q", "?", (), facts=FACTS)) == ()


def test_an_index_that_is_none_is_refused():
    with pytest.raises(ConfigError, match=r"There is no fact 3: the question has 3.*from 0 to 2"):
        selection_metrics(QUESTION, [0, 3])
    with pytest.raises(ConfigError, match="There is no fact -1"):
        checked_indices([-1], 3)
    with pytest.raises(ConfigError, match="nothing can be selected"):
        checked_indices([0], 0)
