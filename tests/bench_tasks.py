"""A small task, and an agent that counts: for the tests of benchmarks."""

from collections import Counter

from toy import ToyQuestions, ToyRetriever

from hopgym.agents.iterative import IterativeAgent
from hopgym.benchmarks.suites import Task

ENV = "hopgym/SearchRead-v0"
WORLD = Task(name="world", env_id=ENV, questions="world?entities=300", episodes=10, seeds=(0, 1))


def toy_task(retriever=None, **changes):
    """Two questions over three documents, with three seeds: six episodes."""
    kwargs = {"retriever": retriever or ToyRetriever(), **changes.pop("env_kwargs", {})}
    base = {"name": "toy", "questions": ToyQuestions(), "split": "train", "seeds": (0, 1, 2)}
    return Task(env_id=ENV, env_kwargs=kwargs, **{**base, **changes})


class Counting(IterativeAgent):
    """Plays like `iterative` and counts the first turns that it was asked for."""

    name = "counting"

    def __init__(self):
        self.begun = Counter()

    def act(self, observations, infos):
        self.begun.update(info["question_id"] for info in infos if info["step"] == 0)
        return super().act(observations, infos)
