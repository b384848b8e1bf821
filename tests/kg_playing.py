"""Let an agent select facts, for the tests of the agents that do."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from subgraphs import TOY

from hopgym.agents import make_agent
from hopgym.agents.rollout import Job, rollout
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.lazy import LazyQuestions, SplitQuestions

KG = "hopgym/KGSubgraph-v0"
FORMS = ("graph", "padded", "text")
MODES = ("one_shot", "sequential")
WAYS = [
    {"observation": form, "mode": mode, "connected": connected}
    for form, mode, connected in product(FORMS, MODES, (False, True))
    if mode == "sequential" or not connected
]
"""Every form and mode."""


def play_kg(agent, questions=TOY, *, split="train", limit=None, seed=0, num_envs=4, **kwargs):
    """Return the episodes in the order of the questions."""
    asked = make_questions(questions).questions(split)
    ids = [question.id for question in getattr(asked, "outlines", asked)[:limit]]
    jobs = [Job(id, seed) for id in ids]
    kwargs = {"questions": questions, "split": split, **kwargs}
    made = make_agent(agent)
    played = rollout(KG, made, jobs, env_kwargs=kwargs, num_envs=num_envs, seed=seed)
    found = {episode.job: episode for episode in played}
    assert [found[job].error for job in jobs] == [None] * len(jobs)
    return [found[job] for job in jobs]


def selected(episode):
    """The facts that each step selected, by their places in the question."""
    return [tuple(step.parsed["facts"]) for step in episode.trajectory.steps]


def chosen(episode):
    """All that was selected, in order of the facts."""
    return sorted(fact for facts in selected(episode) for fact in facts)


def errors(episodes):
    """The codes of steps that went wrong."""
    return {step.parse_error for e in episodes for step in e.trajectory.steps} - {None}


class Lazy(SplitQuestions):
    """A lazy set of these questions, which counts those that it has completed."""

    def __init__(self, questions: Sequence) -> None:
        self.completed: list[str] = []
        outlines = [replace(question, facts=(), gold_facts=()) for question in questions]

        def complete(place, outline):
            self.completed.append(outline.id)
            return questions[place]

        lazy = LazyQuestions(outlines, complete)
        super().__init__("lazy", {"train": lambda: (lazy, ())}, lambda: "lazy")
