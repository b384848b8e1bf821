import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.rewards.answer import (
    bag_cover,
    cover_em,
    exact_match,
    f1,
    f1_squad,
    hit,
    hit_at_1,
    list_f1,
    occurring,
)

SINGLE = (exact_match, f1, f1_squad, cover_em, bag_cover)
WORD = st.text("abcdefghij", min_size=2, max_size=6).filter(lambda w: w not in ("an", "the"))
ANSWER = st.lists(WORD, min_size=1, max_size=4).map(" ".join)


@pytest.mark.parametrize("metric", SINGLE)
@given(gold=ANSWER, other=ANSWER)
def test_gold_earns_one_and_nothing_earns_nothing(metric, gold, other):
    assert metric(gold, [other, gold]) == 1.0
    assert metric(None, [gold]) == metric("", [gold]) == metric(gold, []) == 0.0


@given(ANSWER, ANSWER)
def test_exact_is_never_easier_than_f1_or_cover(given_, gold):
    em = exact_match(given_, [gold])
    assert em <= f1(given_, [gold]) <= 1.0 and em <= cover_em(given_, [gold])


@pytest.mark.parametrize(
    ("prediction", "gold", "expected"),
    [
        ("Ada Orm of Tessa", "Ada Orm", 2 / 3),
        ("Ada Ada", "Ada", 2 / 3),
        ("Ada", "Ada Ada", 2 / 3),
        ("Vel", "Ada", 0.0),
        ("yes", "yes", 1.0),
        ("yes it is", "yes", 0.0),
        ("no", "no answer", 0.0),
    ],
)
def test_f1_by_hand(prediction, gold, expected):
    assert f1(prediction, [gold]) == pytest.approx(expected)


def test_squads_f1_knows_no_special_answers():
    assert f1_squad("yes it is", ["yes"]) == pytest.approx(0.5)


def test_cover_is_contiguous_and_a_bag_is_not():
    assert cover_em("Orm, Ada", ["Ada Orm"]) == 0.0 and bag_cover("Orm, Ada", ["Ada Orm"]) == 1.0
    assert cover_em("Christianity", ["Christian"]) == 1.0  # inside a word: the literature's rule


def test_an_answer_of_articles_alone_covers_nothing():
    assert cover_em("anything", ["the"]) == bag_cover("anything", ["the"]) == 0.0


def test_lists_are_scored_as_gnn_rag_does():
    assert hit(["Vel", "Ada Orm"], ["Ada Orm"]) == 1.0 and hit_at_1(["Vel", "Ada"], ["Ada"]) == 0.0
    assert list_f1(["Vel", "Ada"], ["Ada"]) == pytest.approx(2 / 3)
    assert list_f1([], ["Ada"]) == hit_at_1([], ["Ada"]) == hit([], ["Ada"]) == 0.0
    given, gold = ["The Vel, Ada", "Bo"], ["Ada", "a vel", "the", "vel ada bo", "Oz", "Ada"]
    matched = sum(hit(given, [answer]) for answer in gold)
    assert occurring(given, gold) == matched == 4
    precision, recall = matched / len(given), matched / len(gold)
    assert list_f1(given, gold) == 2 * precision * recall / (precision + recall)
