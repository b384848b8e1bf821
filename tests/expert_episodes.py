"""Finished episodes of the expert and of a chatterer, in every text grammar."""

from functools import cache

from playing import DAG, ENV, play
from toy import ToyRetriever, toy_kwargs

from hopgym.agents.base import FunctionAgent
from hopgym.agents.rollout import Job, rollout
from hopgym.envs.datasets import make_questions
from hopgym.envs.grammars import make_grammar

WORLD = "world?entities=400&dev=100"
GRAMMARS = ("r3", "search_r1", "dag", "select")
PLAYED = {
    "r3": (ENV, {"grammar": "r3"}),
    "search_r1": (ENV, {"grammar": "search_r1"}),
    "dag": (DAG, {}),
    "select": (
        "hopgym/KGSubgraph-v0",
        {"observation": "text", "mode": "sequential", "top_k": 24},
    ),
}
"""Where each is played, and the keywords."""
INFO = {
    "r3": {"grammar": "r3"},
    "search_r1": {"grammar": "search_r1"},
    "dag": {
        "grammar": "dag",
        "tools": ["General", "News", "Academy"],
        "max_nodes": 8,
        "max_query_words": 10,
    },
    "select": {"grammar": "select", "select_mode": "sequential"},
}


@cache
def expert_episodes(grammar, limit=30, **more):
    """Right episodes, each with its question."""
    agent = "oracle" if grammar == "select" else "expert"
    env, kwargs = PLAYED[grammar]
    episodes = play(agent, WORLD, env=env, limit=limit, max_steps=8, **kwargs, **more)
    questions = {q.id: q for q in make_questions(WORLD).questions("dev")}
    return [(questions[e.job.question_id], e.trajectory) for e in episodes if e.metrics["em"]]


def unreadable_episode():
    """One whose first action could not be read."""
    r3 = make_grammar("r3")
    agent = FunctionAgent(
        lambda o: r3.write_answer(1, "K.", "Tessa") if "note" in o else "what?", name="odd"
    )
    (episode,) = rollout(ENV, agent, [Job("q1")], env_kwargs=toy_kwargs())
    return episode


def toy_episode(agent="expert", question_id="q1", **changes):
    kwargs = toy_kwargs(retriever=ToyRetriever(), **changes)
    (episode,) = rollout(ENV, agent, [Job(question_id)], env_kwargs=kwargs)
    return episode
