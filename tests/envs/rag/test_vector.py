import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from toy import ToyRetriever, toy_kwargs

from hopgym.envs.infos import unbatch_infos
from hopgym.envs.rag.vector import RagVectorEnv
from hopgym.errors import RetrievalError

ENV = "hopgym/RAG-v0"
WORLD = {"questions": "world?entities=300&train=12", "reward": "f1", "top_k": 2}
FORMS = [{}, {"hops": 3, "max_documents": 3}, {"hops": 3, "generator": "agent"}]
ACTIONS = ["I look.\nQuery: the founder", "Answer: 1833 [DOC_1]", "Note.\nQuery: town", "[/DOC_1]"]


def make(num_envs=2, **changes):
    return RagVectorEnv(num_envs, **toy_kwargs(**{"reward": "f1", **changes}))


def played(env, steps=9):
    """Return all that a vector environment says, from its seed on."""
    texts, infos = env.reset(seed=4)
    told = [(tuple(texts), unbatch_infos(infos, 3))]
    for n in range(steps):
        actions = [ACTIONS[(n + lane) % len(ACTIONS)] for lane in range(3)]
        texts, rewards, terminated, truncated, infos = env.step(actions)
        numbers = (rewards.tolist(), terminated.tolist(), truncated.tolist())
        told.append((tuple(texts), *numbers, unbatch_infos(infos, 3)))
    env.close()
    return told


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_sync_and_native_say_the_same(form):
    kwargs = {"num_envs": 3, **WORLD, **form}
    native = gymnasium.make_vec(ENV, **kwargs)
    assert isinstance(native.unwrapped, RagVectorEnv)
    sync = gymnasium.make_vec(ENV, vectorization_mode="sync", **kwargs)
    assert played(native) == played(sync)


def test_async_says_the_same_too():
    kwargs = {"num_envs": 3, **WORLD, "hops": 2}
    there = gymnasium.make_vec(
        ENV, vectorization_mode="async", vector_kwargs={"shared_memory": False}, **kwargs
    )
    assert played(gymnasium.make_vec(ENV, **kwargs), 3) == played(there, 3)


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_one_call_for_each_hop_serves_all_openings(mode):
    retriever = ToyRetriever()
    env = make(3, retriever=retriever, autoreset_mode=mode, hops=2, generator="entities", top_k=1)
    env.reset(seed=0, options={"question_id": ["q1", "q2", "q1"]})
    assert [len(call) for call in retriever.calls] == [3, 3]
    retriever.calls.clear()
    env.step(["x"] * 3)
    if mode is AutoresetMode.NEXT_STEP:
        assert not retriever.calls
        env.step(["ignored"] * 3)
    elif mode is AutoresetMode.DISABLED:
        env.reset(options={"reset_mask": np.array([True, False, True])})
    assert len(retriever.calls) == 2
    assert len(retriever.calls[0]) == (2 if mode is AutoresetMode.DISABLED else 3)


def test_beginning_one_leaves_the_others():
    env = make()
    before, _ = env.reset(seed=0, options={"question_id": "q1"})
    text, info = env.begin(1, 5, {"question_id": "q2"})
    assert text.startswith("Question: Who directed Vel?\n[RETRIEVAL_START]")
    assert info["queries"] == ("Who directed Vel?",) and info["document_ids"]
    assert [episode.text for episode in env._episodes] == [before[0], text]


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_an_opening_that_fails_moves_nothing(mode):
    retriever = ToyRetriever()
    env = make(2, retriever=retriever, autoreset_mode=mode, hops=2)
    twin = make(2, autoreset_mode=mode, hops=2)
    for each in (env, twin):
        each.reset(seed=1)
    if mode is AutoresetMode.NEXT_STEP:
        assert env.step(["x"] * 2)[0] == twin.step(["x"] * 2)[0]
    before = [episode.text for episode in env._episodes]
    retriever.broken = True
    with pytest.raises(RetrievalError, match="out of reach"):
        env.step(["x"] * 2) if mode is not AutoresetMode.DISABLED else env.reset()
    for call in (
        lambda: env.reset(seed=9),
        lambda: env.begin(0, None, {}),
        lambda: env.begin(0, 3, {}),
    ):
        with pytest.raises(RetrievalError, match="out of reach"):
            call()
    assert [episode.text for episode in env._episodes] == before
    retriever.broken = False
    for _ in range(6):
        if mode is AutoresetMode.DISABLED:
            assert env.reset()[0] == twin.reset()[0]
        else:
            assert env.step(["x"] * 2)[0] == twin.step(["x"] * 2)[0]


def test_nothing_is_retrieved_for_an_answer():
    retriever = ToyRetriever()
    env = make(2, retriever=retriever, autoreset_mode="Disabled")
    env.reset(seed=0)
    retriever.broken = True
    *_, terminated, _, _ = env.step(["Tessa", "Ada Orm"])
    assert terminated.all()
