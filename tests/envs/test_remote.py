import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env, data_equivalence
from servers import fake_server, free_port
from toy import toy_kwargs

from hopgym.agents import make_agent
from hopgym.envs.remote import RemoteEnv
from hopgym.envs.server import running
from hopgym.errors import ConfigError, DataError, EnvError, EpisodeError, RetrievalError

WORLD = "world?entities=300&hops=2&train=5&dev=5&test=30"


class Allowed:
    """Selects one of the facts that may be selected, as the step says."""

    name = "allowed"

    def reset(self, seed=None):
        pass

    def act(self, observations, infos):
        allowed = [np.flatnonzero(info["action_mask"]) for info in infos]
        return [each[info["step"] % len(each)] for each, info in zip(allowed, infos, strict=True)]


GAMES = {
    "SearchRead": ({}, "iterative"),
    "DagSearch": ({}, "planner"),
    "KGSubgraph": ({"observation": "padded", "mode": "sequential", "top_k": 16}, Allowed()),
    "RAG": ({"hops": 2}, "single_shot"),
}


def episodes(env, agent, count):
    """Play questions one after the other, and return all that came of it."""
    agent = make_agent(agent)
    agent.reset(1)
    told = []
    for index in range(count):
        observation, info = env.reset(seed=index, options={"index": index % 30})
        told.append((observation, info))
        over = False
        while not over:
            (action,) = agent.act([observation], [info])
            observation, reward, terminated, truncated, info = env.step(action)
            told.append((observation, reward, terminated, truncated, info))
            over = terminated or truncated
    return told


@pytest.mark.parametrize("name", GAMES)
def test_episodes_are_those_of_the_environment_that_is_served(name, count=3):
    keywords, agent = GAMES[name]
    env_id = f"hopgym/{name}-v0"
    kwargs = {"questions": WORLD, "split": "test", **keywords}
    near = gymnasium.make(env_id, disable_env_checker=True, **kwargs)
    with running(env_id, kwargs) as url:
        far = RemoteEnv(url)
        assert (far.observation_space, far.action_space) == (
            near.observation_space,
            near.action_space,
        )
        assert data_equivalence(
            episodes(near, agent, count), episodes(far, agent, count), exact=True
        )
        far.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", GAMES)
def test_a_hundred_episodes_have_the_returns_of_the_environment_that_is_served(name):
    test_episodes_are_those_of_the_environment_that_is_served(name, count=100)


def test_it_is_an_environment_as_gymnasium_wants_one():
    with running("hopgym/SearchRead-v0", toy_kwargs()) as url:
        env = RemoteEnv(url)
        check_env(env, skip_render_check=True)
        env.close()
        env.close()


def test_what_fails_over_there_raises_here():
    def gone(queries, k):
        raise RetrievalError("the index is gone")

    retriever = type("Gone", (), {"fingerprint": "g", "search": lambda self, q, k: gone(q, k)})()
    with running("hopgym/SearchRead-v0", toy_kwargs(retriever=retriever)) as url:
        env = RemoteEnv(url)
        with pytest.raises(EpisodeError, match="No episode has begun"):
            env.step("x")
        with pytest.raises(ConfigError, match="index"):
            env.reset(options={"index": 99})
        env.reset(seed=1)
        query = "Step 1:\nThe problem analysis: a\nThe retrieval query: b"
        with pytest.raises(RetrievalError, match="the index is gone"):
            env.step(query)


def test_a_server_that_is_none_is_told():
    with pytest.raises(EnvError, match=r"gave no answer.*hopgym serve env"):
        RemoteEnv(f"http://127.0.0.1:{free_port()}")
    for answer in ({}, [], {"env_id": "x", "observation_space": {}, "action_space": {}}):
        with (
            fake_server(lambda asked, told=answer: (200, told)) as fake,
            pytest.raises((EnvError, DataError), match=r"no environment|describes no space"),
        ):
            RemoteEnv(fake.url)


def test_the_token_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "a-right-token")
    with running("hopgym/SearchRead-v0", toy_kwargs(), token="a-right-token") as url:
        RemoteEnv(url, token_env="MY_TOKEN").close()
        with pytest.raises(ConfigError, match=r"refused: .*token_env=NAME"):
            RemoteEnv(url)
