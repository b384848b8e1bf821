import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from toy import ToyRetriever, toy_kwargs

from hopgym.core import Score
from hopgym.envs.grammars import make_grammar
from hopgym.envs.infos import unbatch_infos
from hopgym.envs.search_read import SearchReadVectorEnv
from hopgym.errors import (
    ConfigError,
    DataError,
    EpisodeError,
    HopgymError,
    RetrievalError,
    RewardError,
)

R3 = make_grammar("r3")


def make(num_envs=2, **changes):
    return SearchReadVectorEnv(num_envs, **toy_kwargs(**changes))


def queries(*texts, step=1):
    return [R3.write_query(step, "Look.", text) for text in texts]


def answers(*texts, step=1):
    return [R3.write_answer(step, "Known.", text) for text in texts]


def test_one_retrieval_call_serves_all_episodes():
    retriever = ToyRetriever()
    env = make(3, retriever=retriever)
    env.reset(seed=0)
    env.step([*queries("film", "town"), "nonsense"])
    assert retriever.calls == [["film", "town"]]


def test_next_step_mode_begins_the_next_episode_one_step_later():
    env = make()
    env.reset(seed=0, options={"question_id": ["q1", "q2"]})
    observations, rewards, terminated, _, infos = env.step([*answers("Tessa"), *queries("film")])
    assert terminated.tolist() == [True, False] and rewards[0] == 1.0
    assert unbatch_infos(infos, 2)[0]["answers"] == ("Tessa", "Tessa Town")
    observations, rewards, terminated, _, infos = env.step(["ignored", *queries("film", step=2)])
    assert rewards[0] == 0.0 and not terminated[0]
    assert observations[0].count("\n") == 0 and infos["step"].tolist() == [0, 2]


def test_same_step_mode_keeps_the_last_observation_and_info():
    env = make(autoreset_mode="SameStep")
    env.reset(seed=0, options={"question_id": "q1"})
    observations, _, terminated, _, infos = env.step([*answers("Tessa"), *queries("film")])
    assert terminated.tolist() == [True, False]
    assert (
        infos["final_obs"][0].endswith("The final answer: Tessa") and infos["final_obs"][1] is None
    )
    final = unbatch_infos(infos, 2)[0]["final_info"]
    assert final["metrics"]["em"] == 1.0 and final["prediction"] == "Tessa"
    assert "final answer" not in observations[0]


def test_disabled_mode_waits_for_a_masked_reset():
    env = make(autoreset_mode="Disabled")
    env.reset(seed=0, options={"question_id": "q1"})
    env.step([*answers("Tessa"), *queries("film")])
    with pytest.raises(EpisodeError, match="The episode is over"):
        env.step(queries("film", "film"))
    mask = np.array([True, False])
    observations, infos = env.reset(options={"reset_mask": mask, "question_id": "q2"})
    assert unbatch_infos(infos, 2)[0]["question_id"] == "q2" and "film" in observations[1]
    with pytest.raises(ConfigError, match="must be 2 booleans"):
        env.reset(options={"reset_mask": np.array([1, 0])})


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_it_equals_gymnasiums_sync_vector_env(mode):
    native = gymnasium.make_vec(
        "hopgym/SearchRead-v0", num_envs=3, autoreset_mode=mode, max_steps=3, **toy_kwargs()
    )
    sync = gymnasium.make_vec(
        "hopgym/SearchRead-v0",
        num_envs=3,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": mode},
        max_steps=3,
        **toy_kwargs(),
    )
    played = [_play(native), _play(sync)]
    assert played[0] == played[1]


def _play(env, turns=12):
    """Everything that a fixed mixture of actions brings, batched infos included."""
    observations, infos = env.reset(seed=5)
    seen = [(observations, unbatch_infos(infos, 3))]
    for turn in range(turns):
        turns_of = [info.get("turn", 1) for info in seen[-1][1]]
        kinds = [(R3.write_query, "film"), (R3.write_answer, "Tessa"), (R3.write_query, "town")]
        chosen = [kinds[(turn + lane) % 3] for lane in range(3)]
        actions = [w(t, "Go.", x) for (w, x), t in zip(chosen, turns_of, strict=True)]
        actions[turn % 3] = "nonsense" if turn % 4 == 3 else actions[turn % 3]
        observations, rewards, terminated, truncated, infos = env.step(tuple(actions))
        assert not (terminated & truncated).any()
        flags = (rewards.tolist(), terminated.tolist(), truncated.tolist())
        seen.append((observations, unbatch_infos(infos, 3), *flags))
    return seen


SCRIPT = """
import hashlib, sys, gymnasium, hopgym
from hopgym.envs.grammars import make_grammar
mode = sys.argv[1]
keywords = {"vectorization_mode": mode} if mode != "native" else {}
if mode == "async":
    keywords["vector_kwargs"] = {"shared_memory": False}
env = gymnasium.make_vec("hopgym/SearchRead-v0", num_envs=3, questions="world?entities=300&train=40",
                         **keywords)
r3, digest = make_grammar("r3"), hashlib.sha256()
observations, infos = env.reset(seed=11)
for turn in range(9):
    digest.update("\\0".join(observations).encode())
    write = r3.write_answer if turn % 4 == 3 else r3.write_query
    actions = tuple(write(int(t), "Go.", o[14:60]) for t, o in zip(infos["turn"], observations))
    observations, *_, infos = env.step(actions)
env.close()
print(digest.hexdigest())
"""


def test_native_sync_and_async_give_the_same_bytes_in_three_processes():
    digests = {
        subprocess.run(
            [sys.executable, "-W", "error::UserWarning", "-c", SCRIPT, mode],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for mode in ("native", "sync", "async")
    }
    assert len(digests) == 1


def test_a_failed_retrieval_moves_no_episode():
    retriever = ToyRetriever()
    env = make(retriever=retriever)
    before, _ = env.reset(seed=0)
    retriever.broken = True
    with pytest.raises(RetrievalError):
        env.step([*answers("Tessa"), *queries("film")])
    retriever.broken = False
    after, *_ = env.step([*answers("Tessa"), *queries("film")])
    assert all(new.startswith(old) and new != old for new, old in zip(after, before, strict=True))


class Flaky:
    """A stage's questions, which can be taken away: what draws one then fails."""

    def __init__(self, env):
        self.env, self.pick, self.gone = env, env.stage.pick, False
        env.stage.pick = self

    def __call__(self, rng, options):
        question = self.pick(rng, options)
        if self.gone:
            raise DataError("the file is gone")
        return question


def state(env):
    """All that a failed step must leave as it was, but the generators."""
    return [(id(episode), episode.snapshot()) for episode in env._episodes]


MODES = ("NextStep", "SameStep")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fault", ["retriever", "reward", "action"])
def test_a_step_that_fails_draws_no_question(mode, fault):
    """Tried again, it draws what it would have drawn, where some lane begins anew in that step."""
    broken, retrievers = [False], [ToyRetriever(), ToyRetriever()]

    def reward(question, trajectory):
        return 1 / 0 if broken[0] else Score(0.0)

    env, twin = (make(3, retriever=r, reward=reward, autoreset_mode=mode) for r in retrievers)
    first = [*answers("x"), *queries("film", "film")]
    again = [*answers("x"), *queries("film", "film", step=2)]
    for each in (env, twin):
        each.reset(seed=4)
        each.step(first)
    before = state(env)
    for _ in range(3):
        broken[0], retrievers[0].broken = fault == "reward", fault == "retriever"
        with pytest.raises(HopgymError):
            env.step([*again[:2], 5] if fault == "action" else again)
        assert state(env) == before
    broken[0] = retrievers[0].broken = False
    for _ in range(8):
        mine, other = env.step(again), twin.step(again)
        assert mine[0] == other[0]
        assert unbatch_infos(mine[4], 3) == unbatch_infos(other[4], 3)


@pytest.mark.parametrize("mode", MODES)
def test_a_next_question_that_cannot_be_had_moves_nothing(mode):
    retriever = ToyRetriever()
    env, twin = (make(autoreset_mode=mode, retriever=r) for r in (retriever, ToyRetriever()))
    flaky = Flaky(env)
    turns = [[*answers("x"), *queries("film")], [*answers("x"), *queries("town", step=2)]]
    for each in (env, twin):
        each.reset(seed=2)
    if mode == "NextStep":  # what has ended begins anew in the step after
        assert env.step(turns[0])[0] == twin.step(turns.pop(0))[0]
    before, asked = state(env), len(retriever.calls)
    flaky.gone = True
    for _ in range(3):
        with pytest.raises(DataError, match="the file is gone"):
            env.step(turns[0])
        assert state(env) == before
    if mode == "NextStep":  # drawn before anything is asked
        assert len(retriever.calls) == asked
    flaky.gone = False
    for turn in turns * 4:
        mine, other = env.step(turn), twin.step(turn)
        assert mine[0] == other[0]
        assert unbatch_infos(mine[4], 2) == unbatch_infos(other[4], 2)


def test_a_refused_reset_changes_nothing():
    env, twin = make(), make()
    flaky = Flaky(env)
    for each in (env, twin):
        each.reset(seed=3)
    before = state(env)
    for options in ({"question_id": [None, "nope"]}, {"index": [0, 99]}, {"indx": 0}):
        with pytest.raises(HopgymError):
            env.reset(options=options)
    flaky.gone = True
    for call in (env.reset, lambda: env.begin(1, None, {}), lambda: env.reset(seed=[None, 5])):
        with pytest.raises(DataError, match="the file is gone"):
            call()
    flaky.gone = False
    assert state(env) == before
    for _ in range(6):
        assert env.reset()[0] == twin.reset()[0] and env.begin(1, None, {}) == twin.begin(
            1, None, {}
        )


def test_bad_input_is_named():
    env = make()
    with pytest.raises(EpisodeError, match=r"Call reset\(\) first"):
        env.step(["a", "b"])
    env.reset(seed=1)
    for actions, got in [("ab", "one str"), (None, "one NoneType"), (5, "one int"), (["a"], "1")]:
        with pytest.raises(
            ConfigError, match=f"step takes 2 actions, one for each of the .*; got {got}"
        ):
            env.step(actions)
    with pytest.raises(ConfigError, match="3 seeds for 2"):
        env.reset(seed=[1, 2, 3])
    with pytest.raises(ConfigError, match="autoreset_mode is 'never'"):
        make(autoreset_mode="never")
    with pytest.raises(ConfigError, match="num_envs is 0"):
        make(0)


def test_an_action_that_is_no_text_moves_no_episode():
    env = make()
    env.reset(seed=1)
    before = [episode.snapshot() for episode in env._episodes]
    for bad in (5, None, b"x"):
        with pytest.raises(ConfigError, match=f"takes a str action, not {type(bad).__name__}"):
            env.step([*queries("film"), bad])
        assert [episode.snapshot() for episode in env._episodes] == before
    texts, *_ = env.step(np.array(queries("film", "film")))
    assert all("film" in text for text in texts)


def test_a_reward_that_raises_moves_no_episode():
    def short(question, trajectory):
        return 1 / 0

    env = make(reward=short)
    env.reset(seed=1)
    before = [episode.snapshot() for episode in env._episodes]
    with pytest.raises(RewardError, match="short raised ZeroDivisionError"):
        env.step(queries("film", "film"))
    assert [episode.snapshot() for episode in env._episodes] == before
