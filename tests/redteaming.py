"""An environment that leaks, rewards that can be had, and small attacks on them."""

import gymnasium

from hopgym.benchmarks.redteam import make_exploits
from hopgym.benchmarks.redteam.attack import attack
from hopgym.core import Score
from hopgym.envs.search_read import SearchReadEnv
from hopgym.rewards.base import for_documents

SEARCH, DAG, KG, RAG = (
    f"hopgym/{name}-v0" for name in ("SearchRead", "DagSearch", "KGSubgraph", "RAG")
)
LEAKY, TALKATIVE, BRITTLE = (f"redteam/{name}-v0" for name in ("Leaky", "Talkative", "Brittle"))
WORLD = "world?entities=400&dev=40&test=40"


class LeakyEnv(SearchReadEnv):
    """Has the gold in its infos."""

    def reset(self, **more):
        observation, info = super().reset(**more)
        return observation, info | {"debug": {"gold_answers": self.question.answers}}

    def step(self, action):
        *rest, info = super().step(action)
        return (*rest, info | {"debug": {"gold_answers": self.question.answers}})


class TalkativeEnv(SearchReadEnv):
    """Tells the gold in the message of an error."""

    def step(self, action):
        if not isinstance(action, str):
            raise TypeError(f"no text; the expected answer is a text: {self.question.answers!r}")
        return super().step(action)


class BrittleEnv(SearchReadEnv):
    """Breaks on an empty answer."""

    def step(self, action):
        if action.endswith(": "):
            raise ZeroDivisionError("words per answer")
        return super().step(action)


for name, kind in ((LEAKY, LeakyEnv), (TALKATIVE, TalkativeEnv), (BRITTLE, BrittleEnv)):
    gymnasium.register(name, kind)


@for_documents
def pays_length(question, trajectory):
    """A reward of a user's own that pays for words."""
    said = trajectory.prediction or ""
    value = min(1.0, len(said) / 200) if trajectory.outcome == "answered" else 0.0
    return Score(value)


def attacked(envs, exploits, rewards=("default",), *, episodes=6, **more):
    """Attack, and return the cells by exploit and reward."""
    more = {"questions": WORLD, "split": "test"} | more
    found = attack([envs], make_exploits(exploits), rewards, episodes=episodes, **more)
    return {(cell.exploit, cell.reward): cell for cell in found.cells}


def verdicts(*arguments, **more):
    return {exploit: cell.verdict for (exploit, _), cell in attacked(*arguments, **more).items()}
