import time

import numpy as np
import pytest

from hopgym.envs.contamination.ngrams import COMMON, SIZE, alike, covered
from hopgym.seeding import rng_for

LONG = "in which year was the river that flows through the town of vel first crossed by a bridge"


def texts(count, seed=0, words=4_000, name="w"):
    """Texts of 6 to 24 words, some words far more frequent than others."""
    rng = rng_for(seed, "texts")
    lengths = rng.integers(6, 25, count)
    drawn = np.minimum(rng.zipf(1.3, int(lengths.sum())), words)
    ends = np.cumsum(lengths)
    return [
        " ".join(f"{name}{n}" for n in drawn[end - length : end])
        for end, length in zip(ends, lengths, strict=True)
    ]


def by_hand(trained, evaluated):
    """The pairs that share a run which few texts have, compared one by one."""

    def runs(text):
        words = text.split()
        return {tuple(words[n : n + SIZE]) for n in range(len(words) - SIZE + 1)}

    def rare(own):
        counts = {}
        for text in own:
            for run in runs(text):
                counts[run] = counts.get(run, 0) + 1
        return [{run for run in runs(text) if counts[run] <= COMMON} for text in own]

    left, right = rare(trained), rare(evaluated)
    return {
        (one, other)
        for one in range(len(evaluated))
        for other in range(len(trained))
        if right[one] & left[other]
    }


def test_pairs_are_those_that_a_comparison_of_each_with_each_finds():
    trained = list(dict.fromkeys(texts(300, 1, words=12)))
    evaluated = [*texts(60, 2, words=12), *(f"{text} more" for text in trained[:40])]
    pairs = by_hand(trained, evaluated)
    found = alike(trained, evaluated, share=0.0)
    assert {each.evaluated for each in found} == {one for one, _ in pairs}
    assert {(each.evaluated, each.trained) for each in found} <= pairs
    assert len(found) >= 40


def test_words_added_or_changed_are_found():
    other = texts(50)
    changed = [f"tell me {LONG}", LONG.replace("bridge", "ferry"), LONG, f"{LONG} and why"]
    found = alike([*other, LONG], [*changed, "short text"])
    assert [(each.evaluated, each.trained) for each in found] == [(n, 50) for n in range(4)]
    assert found[2].share == 1.0 and all(each.share >= 0.8 for each in found)


def test_another_name_in_a_template_is_another_question():
    names = [f"name{n} other{n}" for n in range(40)]
    made = [f"who is the father of the director of the film {name}" for name in names]
    assert alike(made[:30], made[30:]) == []
    assert len(alike(made[:5], made[5:], share=0.5, common=100)) == 35  # the words alone are alike
    assert alike(made[:4], made[4:6]) == []  # nor where the template is rare


def test_the_first_of_the_nearest_is_named():
    near, nearer = f"{LONG} and why was it so", f"{LONG} then"
    (found,) = alike([near, nearer, nearer], [LONG], share=0.5)
    assert found.trained in (0, 1) and found.share == 1.0
    (found,) = alike([LONG, near, LONG], [nearer])
    assert found.trained == 0  # all of them hold what they share


def test_a_preface_hides_nothing():
    other = texts(50)
    (found,) = alike([*other, LONG], [f"be so kind as to tell us at once {LONG}"])
    assert found == (0, 50, 1.0)


def test_texts_of_few_words_are_passed_over():
    assert alike(["who wrote vel"], ["who wrote vel"]) == []
    assert alike([], ["who wrote vel"]) == alike(["who wrote vel"], []) == alike([], []) == []
    assert len(alike(["a b c d"], ["a b c d"], size=4)) == 1


def test_a_run_does_not_go_on_in_the_next_text():
    assert alike(["a b c d", "e f g h"], ["a b c d e f g h"], size=8) == []


def test_how_much_is_covered():
    assert covered("a b c d", "a b c d", 2) == 1.0
    assert covered("a b x c d", "a b y c d", 2) == pytest.approx(0.8)
    assert covered("a b", "b a", 2) == 0.0 and covered("", "a", 1) == 0.0
    assert covered("a b x", "a b", 2, {"x": 2.0}) == 0.5


def test_many_texts_take_seconds():
    trained, evaluated = texts(8_000, 1), texts(1_000, 2)
    evaluated[:100] = [f"{text} more of it" for text in trained[:100]]
    began = time.process_time()
    found = alike(trained, evaluated)
    assert time.process_time() - began < 4
    assert len([each for each in found if each.evaluated < 100]) > 40
