import numpy as np
import pytest

from hopgym.benchmarks.speed import kg_sides
from hopgym.benchmarks.speed.kg_workload import LAPS, GraphQuestions, Size

ASKED = GraphQuestions(Size(12, 30), 3)
SETUPS = [kg_sides.Setup(ASKED, form, envs=4, steps=5) for form in kg_sides.FORMS]


def only(side):
    (row,) = side.rows
    return row


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.form.name)
def test_ours_play_without_an_invalid_action(setup):
    for make, vector in ((kg_sides.native_side, "native"), (kg_sides.sync_side, "Gymnasium's")):
        side = make(setup)
        assert only(side).label.name.startswith(vector)
        assert only(side).label.search == "12 nodes, 30 facts" and only(side).label.envs == 4
        side.play_round()
        side.play_round()  # goes on where the first has ended
        passes = LAPS * (5 if setup.form.mode == "sequential" else 1)
        assert [cost.steps for cost in only(side).costs] == [4 * passes] * 2
        side.close()


def test_a_masked_action_is_told():
    masks = np.array([[True, False, True], [True, True, False]])
    assert kg_sides.allowed(masks, np.array([1, 1])).tolist() == [False, True]
    pairs = np.array([[True, True, True, False]])  # the second fact is padding
    assert kg_sides.allowed(pairs, np.array([[1, 0]])).tolist() == [True]
    assert kg_sides.allowed(pairs, np.array([[1, 1]])).tolist() == [False]


def test_rehearsing_refuses_a_masked_action():
    env = kg_sides.gymnasium.make_vec(kg_sides.ENV_ID, num_envs=4, **SETUPS[0].keywords)
    with pytest.raises(RuntimeError, match="An action of step 1 is masked"):
        kg_sides.rehearse(env, np.zeros((2, 4), dtype=int))


def test_peers_are_named_as_what_they_are():
    sides = list(kg_sides.peer_sides(ASKED, 4))
    names = [only(side).label.name for side in sides]
    assert [name.split("'")[0] for name in names] == [
        "DeepPath",
        "MINERVA",
        "the same, last hops alone",
        "KG-R1",
    ]
    assert sum("re-implemented" in name for name in names) == 3
    for side in sides:
        side.play_round()
        assert only(side).costs[0].steps > 0


def test_preparing_a_question_takes_time():
    assert kg_sides.preparation(SETUPS[0]) > 0
