import os
import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from subgraphs import AWKWARD, CHAIN, RANDOM, TOY, env, plain, question, question_set, vector

from hopgym.envs.infos import unbatch_infos
from hopgym.envs.subgraph import make_vector_env
from hopgym.errors import ConfigError, EpisodeError, HopgymError, RewardError
from hopgym.rewards.kg.reward import SubgraphReward
from hopgym.seeding import rng_for

ID = "hopgym/KGSubgraph-v0"
PLAYS = (
    {"mode": "one_shot"},
    {"mode": "sequential", "max_steps": 5},
    {"mode": "sequential", "max_steps": 4, "connected": True, "reward": "kg_r1"},
)


class Made:
    """Vector environments of three, by the way in which they are vectorized."""

    def __new__(cls, how, autoreset=AutoresetMode.NEXT_STEP, **keywords):
        keywords = {"questions": TOY, "top_k": 6} | keywords
        if how == "native":  # `mode` is ours, so it goes past Gymnasium's own
            return gymnasium.make_vec(ID, num_envs=3, autoreset_mode=autoreset, **keywords)
        told = {"autoreset_mode": autoreset}
        if how == "async":
            told["shared_memory"] = keywords.get("observation") == "padded"
        return gymnasium.make_vec(
            ID, num_envs=3, vectorization_mode=how, vector_kwargs=told, **keywords
        )


def random_actions(rng, env):
    space = env.single_action_space
    if isinstance(space, gymnasium.spaces.MultiBinary):
        return rng.integers(0, 2, (3, space.n)).astype(np.int8)
    stops = rng.random(3) < 0.2
    return np.where(stops, space.n - 1, rng.integers(0, space.n, 3))


def told_by(env, turns=24):
    """Everything that a fixed mixture of actions brings."""
    rng, seen = rng_for(2, "vector"), [env.reset(seed=5)]
    over = np.zeros(3, bool)
    for _ in range(turns):
        if over.any() and env.metadata["autoreset_mode"] is AutoresetMode.DISABLED:
            seen.append(env.reset(options={"reset_mask": over}))
        seen.append(env.step(random_actions(rng, env)))
        over = seen[-1][2] | seen[-1][3]
        assert not (seen[-1][2] & seen[-1][3]).any()
    env.close()
    return seen


@pytest.mark.parametrize("autoreset", list(AutoresetMode))
@pytest.mark.parametrize("keywords", PLAYS, ids=str)
@pytest.mark.parametrize("observation", ["graph", "padded"])
def test_it_equals_gymnasiums_sync_vector_env(observation, keywords, autoreset):
    for questions in (TOY, RANDOM):
        given = {"observation": observation, "questions": questions, **keywords}
        native, sync = (Made(how, autoreset, **given) for how in ("native", "sync"))
        assert native.observation_space == sync.observation_space
        assert native.action_space == sync.action_space
        assert native.metadata["autoreset_mode"] is autoreset
        for mine, other in zip(told_by(native), told_by(sync), strict=True):
            assert plain(mine) == plain(other)


@pytest.mark.parametrize("observation", ["graph", "padded"])
def test_it_equals_gymnasiums_async_vector_env(observation):
    given = {"observation": observation, "mode": "sequential", "max_steps": 4}
    for autoreset in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
        native, parallel = (Made(how, autoreset, **given) for how in ("native", "async"))
        for mine, other in zip(told_by(native, 12), told_by(parallel, 12), strict=True):
            assert plain(mine) == plain(other)


SCRIPT = """
import hashlib, sys
import gymnasium, numpy, hopgym
sys.path.insert(0, sys.argv[2])
from subgraphs import TOY, plain
how, digest = sys.argv[1], hashlib.sha256()
for questions in (TOY, "world?entities=300&train=40"):
    for form in ("graph", "padded"):
        keywords = {} if how == "native" else {"vectorization_mode": how}
        if how == "async":
            keywords["vector_kwargs"] = {"shared_memory": False}
        env = gymnasium.make_vec("hopgym:hopgym/KGSubgraph-v0", num_envs=3, questions=questions,
            observation=form, mode="sequential", top_k=12, max_steps=4, retriever="ppr", **keywords)
        digest.update(repr(plain(env.reset(seed=11))).encode("utf-8", "surrogatepass"))
        for turn in range(9):
            told = env.step(numpy.array([turn % 13, 12 if turn % 3 else 0, (5 * turn) % 13]))
            digest.update(repr(plain(told)).encode("utf-8", "surrogatepass"))
        env.close()
print(digest.hexdigest())
"""


def test_native_sync_and_async_give_the_same_bytes_in_any_process():
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    running = [
        subprocess.Popen(
            [sys.executable, "-W", "error::UserWarning", "-c", SCRIPT, how, here],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": "1"},
        )
        for how, hash_seed in (("native", "1"), ("native", "2"), ("sync", "3"), ("async", "4"))
    ]
    told = [process.communicate() for process in running]
    assert all(process.returncode == 0 for process in running), told
    assert len({out for out, _ in told}) == 1 and len(told[0][0]) == 65


def test_an_episode_of_a_lane_is_that_of_a_single_environment():
    several, single = vector(2, mode="sequential"), env(mode="sequential")
    several.reset(seed=0)
    for lane, id in ((1, "many"), (0, "odd"), (1, "empty")):
        mine = several.begin(lane, 4, {"question_id": id})
        assert plain(mine) == plain(single.reset(seed=4, options={"question_id": id}))
        for action in (0, 3, 8):
            (result,) = several.step_some([lane], [action])
            assert plain(result) == plain(single.step(action))


def reader(selection):
    if selection.question == "?":
        raise OSError("out of reach")
    return ["c"]


def test_step_some_lets_one_lane_fail_alone():
    several = vector(3, mode="sequential", reader=reader)
    several.reset(seed=0, options={"question_id": ["chain", "no words", "parallel"]})
    assert [r.reward != 0 for r in several.step_some([0, 1], [0, 0])] == [True, True]
    good, bad = several.step_some([0, 1], [8, 8])
    assert good.terminated and good.info["prediction"] == "c"
    assert isinstance(bad, RewardError) and "OSError: out of reach" in str(bad)
    assert several.game.board.steps.tolist() == [2, 1, 0]
    several.stage.reader = lambda selection: ["b"]
    (again,) = several.step_some([1], [8])
    assert again.terminated and again.info["metrics"]["hit_exact"] == 1.0
    with pytest.raises(EpisodeError, match="Begin another one before it is stepped"):
        several.step_some([1], [8])
    assert several.step_some([], []) == []


@pytest.mark.parametrize("indices", [[0, 0], [5], [-1], [0, 1, 2]])
def test_step_some_takes_different_lanes_with_an_action_each(indices):
    several = vector(2, mode="sequential")
    several.reset(seed=0)
    with pytest.raises(ConfigError, match="different sub-environments from 0 to 1, and an action"):
        several.step_some(indices, [0, 1])


def test_a_step_that_fails_in_one_lane_moves_none_and_may_be_tried_again():
    """Also where another lane begins anew in that step: it draws what it would have drawn."""
    broken = [False]
    kg = SubgraphReward()

    def reward(question, trajectory):
        if broken[0] and len(trajectory.steps) == 2:
            raise OSError("no judge")
        return kg(question, trajectory)

    several, twin = (vector(3, mode="sequential", reward=reward) for _ in range(2))
    for each in (several, twin):
        each.reset(seed=0)
        each.step([8, 0, 0])  # the first is over, and begins anew in the next step
    broken[0] = True
    before = several.game.board.steps.tolist(), several.game.over.tolist()
    for _ in range(3):
        with pytest.raises(RewardError, match="raised OSError: no judge"):
            several.step([0, 1, 1])
        assert before == (several.game.board.steps.tolist(), several.game.over.tolist())
    broken[0] = False
    for _ in range(6):
        assert plain(several.step([8, 1, 1])) == plain(twin.step([8, 1, 1]))


@pytest.mark.parametrize("autoreset", ["NextStep", "SameStep"])
@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
def test_a_next_question_that_cannot_be_offered_moves_nothing(autoreset, mode):
    wide = question("wide", CHAIN.facts * 2, "a", "c")
    given = {"questions": question_set(CHAIN, wide), "retriever": "all", "top_k": 5}
    several = vector(2, **given, mode=mode, autoreset_mode=autoreset)
    last = np.eye(2, 5, dtype=np.int8) if mode == "one_shot" else np.array([5, 0])
    told = []
    for seed in range(12):
        several.reset(seed=seed, options={"question_id": "chain"})
        before = several.game.over.tolist(), several.game.board.steps.tolist()
        try:
            several.step(last)
            before = several.game.over.tolist(), several.game.board.steps.tolist()
            several.step(last)
        except ConfigError as error:
            told.append(str(error))
            assert before == (several.game.over.tolist(), several.game.board.steps.tolist())
    assert told and "'wide' has 10 facts, and top_k is 5" in told[0]


def test_disabled_mode_waits_for_a_masked_reset():
    several = vector(2, mode="sequential", autoreset_mode="Disabled")
    several.reset(seed=0)
    several.step([8, 0])
    with pytest.raises(EpisodeError, match="with its reset_mask before step"):
        several.step([0, 0])
    mask = np.array([True, False])
    _, infos = several.reset(options={"reset_mask": mask, "question_id": "chain"})
    assert infos["_step"].tolist() == [True, False] and several.game.board.steps.tolist() == [0, 1]
    assert unbatch_infos(infos, 2)[0]["question_id"] == "chain"


def test_a_refused_reset_changes_nothing():
    several, twin = (vector(2, mode="sequential") for _ in range(2))
    for each in (several, twin):
        each.reset(seed=3)
        each.step([0, 0])
    for options in ({"question_id": [None, "nope"]}, {"index": [0, 99]}, {"indx": 0}):
        with pytest.raises(HopgymError):
            several.reset(options=options)
    with pytest.raises(ConfigError):
        several.begin(0, None, {"index": 99})
    assert plain(several.step([1, 1])) == plain(twin.step([1, 1]))
    assert plain(several.reset()) == plain(twin.reset())


def test_calls_of_all_lanes():
    several = vector(3, mode="sequential")
    sync = Made("sync", mode="sequential", observation="padded", top_k=8)
    for each in (several, sync):
        each.reset(seed=0)
        each.step(np.array([0, 1, 8]))
    assert plain(several.call("action_masks")) == plain(sync.call("action_masks"))
    assert several.action_masks().shape == (3, 9)
    assert several.call("set_progress", 5) == sync.call("set_progress", 5)
    assert several.call("split") == ("train",) * 3 and several.stage.training_step == 5
    assert [q.id for q in several.questions] == [q.id for q in sync.call("question")]
    assert vector(2).single_action_space == env().action_space


def test_what_is_wrong_is_told():
    several = vector(2)
    for call in (lambda: several.step([[0] * 8] * 2), several.action_masks):
        with pytest.raises(EpisodeError, match=r"Call reset\(\) first"):
            call()
    with pytest.raises(EpisodeError, match=r"Call reset\(\) first"):
        several.begin(0, 0, {})
    with pytest.raises(ConfigError, match="num_envs is 0"):
        vector(0)
    with pytest.raises(ConfigError, match="autoreset_mode is 'never'"):
        vector(2, autoreset_mode="never")
    with pytest.raises(ConfigError, match="render_mode is 'human'"):
        make_vector_env(2, questions=TOY, render_mode="human")


def test_a_batch_is_the_callers_own():
    several = vector(2, mode="sequential", questions=question_set(CHAIN))
    seen, infos = several.reset(seed=0)
    kept = plain(seen)
    for array in (*seen.values(), infos["action_mask"], infos["step"]):
        array[...] = 1
    assert plain(several.reset(seed=0)[0]) == kept
    assert several.action_masks().sum() == 12


def test_many_lanes_play_every_question():
    several = vector(len(AWKWARD), autoreset_mode="Disabled")
    several.reset(seed=0, options={"index": list(range(len(AWKWARD)))})
    single = env()
    _, rewards, _, _, infos = several.step(np.ones((len(AWKWARD), 8), np.int8))
    for lane, info in enumerate(unbatch_infos(infos, len(AWKWARD))):
        single.reset(seed=lane, options={"index": lane})
        _, reward, _, _, other = single.step(np.ones(8, np.int8))
        assert rewards[lane] == reward and info["metrics"] == other["metrics"]
        assert info["trajectory"] == other["trajectory"]
