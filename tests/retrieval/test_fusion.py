import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.errors import ConfigError, UnknownNameError
from hopgym.retrieval.fusion import (
    SCALES,
    check_weights,
    fuse,
    min_max,
    raw,
    reciprocal_rank,
    scale_for,
    z_score,
)

HALF = {"x": 0.5, "y": 0.5}
rankings = st.dictionaries(st.text("abcdef", min_size=1, max_size=1), st.integers(-3, 9)).map(
    lambda scores: sorted(
        ((id, float(s)) for id, s in scores.items()), key=lambda pair: (-pair[1], pair[0])
    )
)


def test_reciprocal_rank_is_the_papers():
    scores = reciprocal_rank([("a", 9.0), ("b", 8.9), ("c", 0.0)]).scores
    assert scores == {"a": 1 / 61, "b": 1 / 62, "c": 1 / 63}


def test_min_max_by_hand():
    assert min_max([("a", 5.0), ("b", 2.0), ("c", 1.0)]).scores == {"a": 1.0, "b": 0.25, "c": 0.0}
    assert min_max([("a", 7.0)]).scores == {"a": 1.0}
    assert min_max([("a", -7.0), ("b", -7.0)]).scores == {"a": 1.0, "b": 1.0}
    assert min_max([]).scores == {}


def test_z_score_by_hand():
    scaled = z_score([("a", 4.0), ("b", 2.0), ("c", 0.0)])
    assert scaled.scores["a"] == pytest.approx(2 / math.sqrt(8 / 3))
    assert scaled.scores["b"] == 0
    assert scaled.absent == pytest.approx(-2 / math.sqrt(8 / 3) - 1)


@pytest.mark.parametrize("ranking", [[("a", 0.1)], [("a", 0.1), ("b", 0.1), ("c", 0.1)]])
def test_equal_scores_have_no_deviation(ranking):
    scaled = z_score(ranking)
    assert set(scaled.scores.values()) == {0.0}
    assert scaled.absent == -1.0


def test_what_was_not_found_never_beats_what_was():
    """An absent document would pass for an average one if it counted 0 standard deviations."""
    found = {"x": [("a", 5.0), ("b", 4.0), ("c", 0.0)], "y": [("a", 1.0), ("c", 1.0), ("d", 1.0)]}
    for method in SCALES:
        ranked = [one.id for one in fuse(found, method, HALF)]
        assert ranked.index("c") < ranked.index("d")


def test_fused_scores_are_the_weighted_sums():
    found = {"x": [("a", 10.0), ("b", 5.0), ("c", 0.0)], "y": [("c", 0.9), ("d", 0.1)]}
    fused = {one.id: one for one in fuse(found, "minmax", {"x": 0.25, "y": 0.75})}
    assert {id: one.score for id, one in fused.items()} == {
        "a": 0.25,
        "b": 0.125,
        "c": 0.75,
        "d": 0.0,
    }
    assert fused["c"].components == {"x": 0.0, "y": 0.9}  # as the children gave them
    assert fused["a"].components == {"x": 10.0}


def test_defect_the_larger_scale_does_not_decide_alone():
    """Seed 004 added BM25's 25 to a cosine of 0.7: BM25 decided (R@5 54.5, min-max 67.6)."""
    found = {
        "bm25": [("a", 25.0), ("b", 20.0), ("c", 12.0)],
        "dense": [("b", 0.9), ("c", 0.5), ("a", 0.1)],
    }
    weights = {"bm25": 0.3, "dense": 0.7}
    assert next(one.id for one in fuse(found, "raw", weights)) == "a"
    for method in ("minmax", "zscore"):
        assert next(one.id for one in fuse(found, method, weights)) == "b"


@given(rankings, rankings, st.sampled_from(sorted(SCALES)))
def test_defect_ties_fall_by_id_whatever_came_first(x, y, method):
    """FlashRAG fused in the order in which threads came home: ties changed from run to run."""
    one = fuse({"x": x, "y": y}, method, HALF)
    assert one == fuse({"y": y, "x": x}, method, HALF)
    assert [(-f.score, f.id) for f in one] == sorted((-f.score, f.id) for f in one)
    assert {f.id for f in one} == {id for id, _ in [*x, *y]}
    assert len({f.id for f in one}) == len(one)


@given(rankings, st.sampled_from(sorted(SCALES)))
def test_one_ranking_alone_keeps_its_order(ranking, method):
    fused = fuse({"x": ranking}, method, {"x": 1.0})
    if method != "rrf":  # by rank, ties are told apart
        ranking = sorted(ranking, key=lambda pair: (-pair[1], pair[0]))
    assert [one.id for one in fused] == [id for id, _ in ranking]
    assert [one.components["x"] for one in fused] == [score for _, score in ranking]


@given(rankings, rankings, st.integers(1, 5), st.integers(-4, 4))
def test_scaling_a_childs_scores_changes_nothing(x, y, factor, shift):
    moved = [(id, factor * score + shift) for id, score in x]
    for method in ("rrf", "minmax"):
        one, other = (fuse({"x": r, "y": y}, method, HALF) for r in (x, moved))
        assert [f.id for f in one] == [f.id for f in other]


def test_nothing_fused_is_nothing():
    for method in SCALES:
        assert fuse({"x": [], "y": []}, method, HALF) == []


def test_a_weight_of_zero_silences_a_child():
    found = {"x": [("a", 1.0)], "y": [("b", 9.0)]}
    assert [one.score for one in fuse(found, "minmax", {"x": 1.0, "y": 0.0})] == [1.0, 0.0]


def test_raw_scores_stay():
    assert raw([("a", 3.0), ("b", -1.0)]).scores == {"a": 3.0, "b": -1.0}
    assert raw([("a", 3.0), ("b", -1.0)]).absent == -1.0


def test_an_unknown_fusion_is_refused():
    with pytest.raises(UnknownNameError, match=r"Unknown fusion 'min-max'. Did you mean 'minmax'"):
        scale_for("min-max")


def test_weights_become_shares():
    assert check_weights(None, ["x", "y"]) == HALF
    assert check_weights({"y": 3, "x": 1}, ["x", "y"]) == {"x": 0.25, "y": 0.75}


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1], r"weights is \[1\]; give 2 numbers, for: x, y"),
        ("ab", "give 2 numbers"),
        (0.5, "give 2 numbers"),
        ({"x": 1}, "weights names 'x'; give one for each of: x, y"),
        ({"x": 1, "y": 1, "z": 1}, "give one for each of: x, y"),
        ([1, -1], "The weight of 'y' is -1; give a number from 0"),
        ([1, math.nan], "The weight of 'y' is nan"),
        (["1", 2], "The weight of 'x' is '1'"),
        ([True, 2], "The weight of 'x' is True"),
        ([0, 0.0], "All weights are 0"),
    ],
)
def test_bad_weights_are_refused(weights, message):
    with pytest.raises(ConfigError, match=message):
        check_weights(weights, ["x", "y"])
