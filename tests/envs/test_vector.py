import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from toy import ToyRetriever, toy_kwargs

from hopgym.envs.grammars import make_grammar
from hopgym.envs.infos import unbatch_infos
from hopgym.envs.search_read import SearchReadVectorEnv
from hopgym.errors import ConfigError, EpisodeError, RetrievalError, RewardError

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
