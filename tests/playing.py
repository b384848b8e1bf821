"""Let an agent play some questions of the world, for the tests of the scripted agents."""

from collections import defaultdict

from hopgym.agents import make_agent
from hopgym.agents.rollout import Job, rollout
from hopgym.envs.datasets import make_questions

ENV = "hopgym/SearchRead-v0"
DAG = "hopgym/DagSearch-v0"


def play(
    agent,
    world="world?entities=400&dev=100",
    *,
    env=ENV,
    limit=100,
    seed=0,
    num_envs=16,
    **env_kwargs,
):
    """Return the episodes in the order of the questions."""
    agent = make_agent(agent)
    questions = make_questions(world).questions("dev")[:limit]
    jobs = [Job(question.id, seed) for question in questions]
    kwargs = {"questions": world, "split": "dev", "max_steps": 8, **env_kwargs}
    found = {
        e.job: e for e in rollout(env, agent, jobs, env_kwargs=kwargs, num_envs=num_envs, seed=seed)
    }
    assert [found[job].error for job in jobs] == [None] * len(jobs)
    return [found[job] for job in jobs]


def em_by(episodes, key, world="world?entities=400&dev=100"):
    """Return the mean exact match by some property of the question."""
    questions = {question.id: question for question in make_questions(world).questions("dev")}
    groups = defaultdict(list)
    for episode in episodes:
        groups[key(questions[episode.job.question_id])].append(episode.metrics["em"])
    return {name: sum(values) / len(values) for name, values in groups.items()}


def mean_em(episodes):
    return sum(episode.metrics["em"] for episode in episodes) / len(episodes)


def moves(episode):
    """Return what was understood of each action."""
    return [(step.parsed["kind"], step.parsed["text"]) for step in episode.trajectory.steps]


def plans(episode):
    """Return the nodes of each plan: label, query as written, tool."""
    steps = [step.parsed for step in episode.trajectory.steps if step.parsed["kind"] == "plan"]
    return [[(n["label"], n["query"], n["tool"]) for n in step["nodes"]] for step in steps]


def kinds(episode):
    """Return what was done in each step."""
    return [step.parsed.get("kind") for step in episode.trajectory.steps]
