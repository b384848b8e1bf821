import numpy as np
import pytest
from gymnasium.vector import VectorEnv
from subgraphs import AWKWARD, env, plain, question_set

from hopgym.envs.subgraph.columns import batch_moves
from hopgym.envs.subgraph.game import Game

LANES = len(AWKWARD)


def one_by_one(infos):
    """What Gymnasium's own vector environments make of the infos of single environments."""
    batcher, batch = VectorEnv(), {}
    batcher.num_envs = len(infos)
    for lane, info in enumerate(infos):
        batch = batcher._add_info(batch, info, lane)
    return batch


def assert_same(left, right):
    assert left.keys() == right.keys()
    for key, value in left.items():
        assert type(value) is type(right[key]), key
        if isinstance(value, dict):
            assert_same(value, right[key])
        else:
            assert value.dtype == right[key].dtype, key
            assert plain(value) == plain(right[key]), key


@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
@pytest.mark.parametrize("stays", [(), (0, 3), range(LANES)])
@pytest.mark.parametrize("begins_anew", [False, True])
def test_columns_equal_what_gymnasium_builds_one_by_one(mode, stays, begins_anew):
    game = Game(env(questions=question_set(*AWKWARD), mode=mode).stage, LANES)
    for lane in range(LANES):
        game.begin(lane, game.stage.case(lane), None)
    lanes = np.array([lane for lane in range(LANES) if lane not in stays], dtype=np.int64)
    actions = np.where(np.arange(LANES) % 3, 0, 8)
    if mode == "one_shot":
        actions = np.tile(np.arange(8) % 2 == 0, (LANES, 1))
    moves = dict(zip(lanes.tolist(), game.move(lanes, actions[lanes]), strict=True))
    ended = {}
    for lane, move in moves.items():
        if begins_anew and move.last:
            ended[lane] = {"seen": np.arange(lane)}, game.step_info(lane, move)
    for lane in ended:
        game.begin(lane, game.stage.case((lane + 1) % LANES), None)
    infos = []
    for lane in range(LANES):
        if lane in ended:
            last = {"final_obs": ended[lane][0], "final_info": ended[lane][1]}
            infos.append({**last, **game.public_info(lane)})
        elif lane in moves:
            infos.append(game.step_info(lane, moves[lane]))
        else:
            infos.append(game.public_info(lane))
    assert_same(batch_moves(game, moves, ended), one_by_one(infos))
