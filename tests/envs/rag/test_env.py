import warnings

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env
from toy import ToyRetriever, toy_kwargs

from hopgym.envs.rag.env import RagEnv
from hopgym.errors import ConfigError, RetrievalError

FORMS = [{}, {"hops": 3}, {"hops": 3, "generator": "agent"}, {"hops": 2, "max_documents": 1}]


def make(**changes):
    return RagEnv(**toy_kwargs(**{"reward": "f1", **changes}))


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_gymnasium_s_checker_has_nothing_to_say(form):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make("hopgym/RAG-v0", **toy_kwargs(reward="f1", **form))
        check_env(env.unwrapped)


def test_a_reset_that_fails_leaves_the_episode_and_the_draws_as_they_were():
    retriever = ToyRetriever()
    env, twin = make(hops=2, retriever=retriever), make(hops=2)
    for each in (env, twin):
        each.reset(seed=3)
    retriever.broken = True
    for seed in (None, 7):
        with pytest.raises(RetrievalError, match="out of reach"):
            env.reset(seed=seed)
    retriever.broken = False
    assert env.np_random_seed == twin.np_random_seed == 3
    assert env.step("x")[0] == twin.step("x")[0]
    assert [env.reset()[0] for _ in range(9)] == [twin.reset()[0] for _ in range(9)]


def test_a_reset_that_fails_at_a_later_hop_changes_nothing_either():
    retriever = ToyRetriever()
    env, twin = make(hops=3, retriever=retriever), make(hops=3)
    for each in (env, twin):
        each.reset(seed=5)
    search = retriever.search
    retriever.search = lambda queries, k: (
        search(queries, k) if "born?" in queries[0] and len(queries[0]) == 35 else 1 / 0
    )
    with pytest.raises(RetrievalError, match="failed with ZeroDivisionError"):
        env.reset(options={"question_id": "q2"})
    retriever.search = search
    assert [env.reset()[0] for _ in range(5)] == [twin.reset()[0] for _ in range(5)]


def test_it_is_shown_as_it_goes(capsys):
    env = make(render_mode="human")
    env.reset(options={"question_id": "q1"})
    env.step("Answer: Tessa [DOC_1]")
    said = capsys.readouterr().out
    assert said.count("[RETRIEVAL_START]") == 1 and "[answered] answer: 'Tessa'" in said
    env = make(render_mode="ansi")
    text, _ = env.reset()
    assert env.render() == text


def test_unknown_keywords_are_named():
    with pytest.raises(ConfigError, match=r"no keyword 'hop'. Did you mean 'hops'"):
        make(hop=2)


def test_the_longest_transcript_is_in_the_space():
    env = make(hops=3, generator="agent", format_retries=1, top_k=3)
    text, _ = env.reset()
    over = False
    while not over:
        assert env.observation_space.contains(text)
        query = f"{'a b ' * 4_000}\nQuery: film {'town ' * 200}"
        text, _, terminated, truncated, _ = env.step(
            query if env._episode.turn < 3 else "x" * 99_999
        )
        over = terminated or truncated
    assert env.observation_space.contains(text)
