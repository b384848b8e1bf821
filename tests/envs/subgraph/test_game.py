import numpy as np
import pytest
from subgraphs import (
    AUTHOR,
    AWKWARD,
    CHAIN,
    LIVES,
    PRINTER,
    env,
    question,
    question_set,
    vector,
)

from hopgym.envs.subgraph.game import Game
from hopgym.errors import HopgymError, RewardError
from hopgym.rewards.kg.reward import SubgraphReward


def game_of(*questions, reader="symbolic", **keywords):
    """A game of one lane for each question."""
    made = Game(
        env(questions=question_set(*questions), reader=reader, **keywords).stage, len(questions)
    )
    for lane in range(len(questions)):
        made.begin(lane, made.stage.case(lane), None)
    return made


def step(game, *actions):
    return game.move(np.arange(len(actions)), np.array(actions))


def test_what_a_step_pays_by_hand():
    game = game_of(CHAIN, mode="sequential")
    (right,), (wrong,), (masked,) = [step(game, slot) for slot in (AUTHOR, PRINTER, PRINTER)]
    assert right.terms == {"shaping": 0.5 * 2 / 3, "answer": 0.0, "size": -0.01, "invalid": 0.0}
    assert wrong.terms["shaping"] == 0.5 * 2 / 4 - 0.5 * 2 / 3 and wrong.parse_error is None
    assert masked.terms == {"shaping": 0.0, "answer": 0.0, "size": 0.0, "invalid": -0.1}
    assert masked.parse_error == "masked_action" and not masked.last
    (answered,) = step(game, LIVES)
    assert answered.terms["shaping"] == pytest.approx(0.5 * 4 / 5 + 0.5 - 0.25)
    (stop,) = step(game, 8)
    assert stop.terminated and not stop.truncated and stop.last["prediction"] == "c"
    assert stop.terms["answer"] == 1.0 and stop.terms["shaping"] == pytest.approx(-0.9)
    assert game.over.all()


def test_a_masked_choice_costs_what_the_reward_says():
    game = game_of(CHAIN, mode="one_shot", reward="kg?invalid=0.25&size=0")
    (move,) = step(game, np.array([0, 0, 0, 0, 0, 1, 1, 0], bool))
    assert move.reward == move.terms["invalid"] == -0.5 and move.parse_error == "masked_action"
    assert move.last["metrics"]["selected"] == 0 and move.last["prediction"] == ""


def test_the_last_step_may_be_stop_and_is_then_no_truncation():
    game = game_of(
        CHAIN, CHAIN.__class__("b", "?", ("x",), facts=CHAIN.facts), mode="sequential", max_steps=2
    )
    step(game, 0, 0)
    stopped, cut = step(game, 8, 1)
    assert (stopped.terminated, stopped.truncated) == (True, False)
    assert (cut.terminated, cut.truncated) == (False, True)
    assert cut.last["prediction"] is None and "answers" in cut.last


def picky(selection):
    """Reads no selection of the question `?`."""
    if selection.question == "?":
        raise TimeoutError("no reply")
    return [selection.facts[-1].tail]


TWO = (CHAIN, question("other", CHAIN.facts, "a", "c", gold=(0, 1), text="?"))


@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
def test_where_the_reader_fails_that_lane_alone_stands_still(mode):
    game = game_of(*TWO, reader=picky, mode=mode)
    if mode == "sequential":
        step(game, 0, 0)
        final = (8, 8)
    else:
        final = (np.eye(8, dtype=bool)[0],) * 2
    good, bad = step(game, *final)
    assert good.terminated and good.last["prediction"] == "b"
    assert isinstance(bad, RewardError) and "picky raised TimeoutError: no reply" in str(bad)
    assert game.over.tolist() == [True, False]
    assert game.board.steps.tolist() == ([1, 0] if mode == "one_shot" else [2, 1])
    assert [len(record.steps) for record in game.records] == game.board.steps.tolist()
    game.stage.reader = lambda selection: ["c"]
    (again,) = game.move(np.array([1]), np.array(final[1])[None])
    assert again.terminated and again.last["prediction"] == "c"


@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
def test_as_a_whole_no_lane_moves_where_one_fails(mode):
    game = game_of(*TWO, reader=picky, mode=mode)
    if mode == "sequential":
        step(game, 0, 0)
    before = game.board.steps.tolist(), game.board.selected.tobytes(), game.board.mask.tobytes()
    actions = np.array([8, 8]) if mode == "sequential" else np.eye(2, 8, dtype=bool)
    with pytest.raises(RewardError, match="picky raised TimeoutError"):
        game.move(np.arange(2), actions, whole=True)
    assert before == (
        game.board.steps.tolist(),
        game.board.selected.tobytes(),
        game.board.mask.tobytes(),
    )
    assert not game.over.any()


def test_where_all_fail_nothing_moves():
    game = game_of(TWO[1], TWO[1].__class__("c", "?", ("x",), facts=CHAIN.facts), reader=picky)
    told = step(game, *np.ones((2, 8), bool))
    assert all(isinstance(one, HopgymError) for one in told) and not game.board.steps.any()


class Scheduled(SubgraphReward):
    """Pays the training step for an answer."""

    def at(self, step):
        return SubgraphReward(answer=float(step or 0), size=0.0, shaping=False)


def test_a_schedule_moves_with_the_episodes_that_begin_after_it():
    single = env(reward=Scheduled(), mode="sequential", questions=question_set(CHAIN))
    several = vector(reward=Scheduled(), mode="sequential", questions=question_set(CHAIN))
    single.reset(seed=0)
    single.set_progress(10)
    paid = [single.step(action)[1] for action in (AUTHOR, LIVES, 8)]
    assert sum(paid) == pytest.approx(0.98)  # as it began: answer 1, size 0.01
    single.reset()
    assert [single.step(action)[1] for action in (AUTHOR, LIVES, 8)] == [0.0, 0.0, 10.0]
    several.reset(seed=0)
    several.step([AUTHOR, AUTHOR])
    several.set_progress(3)
    several.begin(1, 0, {})
    assert [r.reward for r in several.step_some([0, 1], [LIVES, AUTHOR])][1] == 0.0
    several.step_some([1], [LIVES])
    told = several.step_some([0, 1], [8, 8])
    assert told[1].reward == 3.0 and told[0].info["reward_terms"]["answer"] == 1.0
    several.set_progress(None)
    several.reset()
    assert several.step([8, 8])[1].tolist() == [0.0, 0.0]


def test_masks_of_all_lanes_are_those_of_each():
    for mode in ("one_shot", "sequential"):
        game = game_of(*AWKWARD, mode=mode)
        masks = game.action_masks()
        assert masks.dtype == np.bool_
        for lane, case in enumerate(game.cases):
            np.testing.assert_array_equal(masks[lane], game.action_mask(lane))
            offered = [slot < case.num_facts for slot in range(8)]
            if mode == "sequential":
                assert masks[lane].tolist() == [*offered, True]
            else:
                assert masks[lane].tolist() == [keep for o in offered for keep in (True, o)]
        masks[:] = False
        assert game.action_masks().any()


def test_public_info_holds_no_gold():
    game = game_of(CHAIN)
    assert list(game.public_info(0)) == ["question_id", "question", "step", "facts", "action_mask"]
