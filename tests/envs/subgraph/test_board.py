import numpy as np
import pytest
from subgraphs import AWKWARD, CHAIN, RANDOM, env, question_set

from hopgym.envs.subgraph.board import Board
from hopgym.rewards.kg.facts import selection_metrics
from hopgym.seeding import rng_for

QUESTIONS = (*AWKWARD, *RANDOM.questions("train"))
STAGE = env(questions=question_set(*QUESTIONS), top_k=9).stage
CASES = [STAGE.case(place) for place in range(len(QUESTIONS))]
LANES = np.arange(len(CASES))


def board(*, connected=False, facts=9):
    made = Board(len(CASES), facts, connected=connected)
    for row, case in enumerate(CASES):
        made.load(row, case)
    return made


def brute_mask(case, selected, *, connected, room=9):
    """Which facts may be selected, by the names alone."""
    near = set(case.offer.topics)
    for slot in selected:
        near |= {case.offer.facts[slot].head, case.offer.facts[slot].tail}
    allowed = [
        slot not in selected and (not connected or fact.head in near or fact.tail in near)
        for slot, fact in enumerate(case.offer.facts)
    ]
    return [*allowed, *[False] * (room - len(allowed)), True]


@pytest.mark.parametrize("connected", [False, True])
def test_masks_and_counts_equal_brute_force_in_random_play(connected):
    played, rng = board(connected=connected), rng_for(0, "board", int(connected))
    chosen, invalid = [set() for _ in CASES], np.zeros(len(CASES), int)
    for turn in range(12):
        rows = LANES[rng.random(len(CASES)) < 0.8]
        masks = [
            brute_mask(case, c, connected=connected) for case, c in zip(CASES, chosen, strict=True)
        ]
        assert played.mask.tolist() == masks
        actions = rng.integers(0, 10 if turn % 2 else 9, len(rows))
        choice = played.one_by_one(rows, actions)
        assert choice.stops.tolist() == [action == 9 for action in actions]
        for row, action in zip(rows.tolist(), actions.tolist(), strict=True):
            if not masks[row][action]:
                invalid[row] += 1
            elif action < 9:
                chosen[row].add(action)
        played.apply(choice)
        check_counts(played, chosen, invalid)
    assert played.steps.max() == 12 or played.steps.max() > 5


def check_counts(played, chosen, invalid):
    for row, case in enumerate(CASES):
        counts = played.counts_of(row)
        question = case.question
        told = selection_metrics(question, [case.places[slot] for slot in chosen[row]])
        assert counts.selected == told["selected"] == played.selected[row].sum()
        assert counts.answers_total == len(case.gold_answers)
        assert counts.answers_found == round(told["answer_recall"] * counts.answers_total)
        assert counts.gold == case.num_gold and counts.invalid == invalid[row]
        if counts.gold:
            assert counts.right == round(told["fact_recall"] * counts.gold)
        else:
            assert counts.right == 0


def test_all_at_once_equals_one_by_one():
    at_once, slowly = board(), board()
    wanted = rng_for(0, "board", "at once").random((len(CASES), 9)) < 0.4
    choice = at_once.at_once(LANES, wanted)
    at_once.apply(choice)
    for fact in range(9):
        rows = np.flatnonzero(wanted[:, fact])
        slowly.apply(slowly.one_by_one(rows, np.full(len(rows), fact)))
    assert [c.tolist() for c in at_once.counts_of(LANES)] == (
        [c.tolist() for c in slowly.counts_of(LANES)]
    )
    np.testing.assert_array_equal(at_once.selected, slowly.selected)
    np.testing.assert_array_equal(at_once.found, slowly.found)
    assert (
        choice.stops.all() and choice.invalid.tolist() == at_once.counts_of(LANES).invalid.tolist()
    )


def test_telling_what_would_be_done_does_nothing():
    for connected in (False, True):
        played = board(connected=connected)
        before = [a.tobytes() for a in (played.mask, played.selected, played.found, played.known)]
        played.one_by_one(LANES, np.zeros(len(CASES), int))
        played.at_once(LANES, np.ones((len(CASES), 9), bool))
        after = [a.tobytes() for a in (played.mask, played.selected, played.found, played.known)]
        assert before == after and not played.steps.any()


def test_a_row_that_begins_anew_has_nothing_of_the_last_question():
    played, fresh = board(connected=True), board(connected=True)
    order = rng_for(0, "board", "anew").permutation(len(CASES))
    for row, place in enumerate(order.tolist()):
        played.apply(played.at_once(np.array([row]), np.ones((1, 9), bool)))
        played.load(row, CASES[place])
    for row, place in enumerate(order.tolist()):
        for array in ("heads", "tails", "offered", "gold", "selected", "mask", "known", "answers"):
            mine, other = getattr(played, array)[row], getattr(fresh, array)[place]
            np.testing.assert_array_equal(mine, other, err_msg=array)
        assert [int(n) for n in played.counts_of(row)] == [int(n) for n in fresh.counts_of(place)]
        assert played.steps[row] == 0 and not played.found[row].any()


def test_no_rows_at_all_are_fine():
    played, none = board(), np.zeros(0, int)
    played.apply(played.one_by_one(none, none))
    played.apply(played.at_once(none, np.zeros((0, 9), bool)))
    assert not played.steps.any()


def test_a_masked_choice_costs_a_step_and_selects_nothing():
    played = Board(1, 9)
    played.load(0, CASES[QUESTIONS.index(CHAIN)])
    row = np.array([0])
    for action in (0, 0, 8):
        played.apply(played.one_by_one(row, np.array([action])))
    counts = played.counts_of(0)
    assert (counts.selected, counts.invalid, played.steps[0]) == (1, 2, 3)
