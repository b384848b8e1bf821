"""Attacks without a language model: who plays after how many updates is given."""

from types import SimpleNamespace

from redteaming import WORLD

from hopgym.agents import make_agent
from hopgym.benchmarks.redteam import learned, make_exploits
from hopgym.benchmarks.redteam.attack_folder import Player, Report
from hopgym.benchmarks.redteam.gap import Finding, Point
from hopgym.benchmarks.redteam.learned_settings import LearnedSettings
from hopgym.benchmarks.stats import Interval
from hopgym.errors import AgentError

QUESTIONS = f"{WORLD}&train=40"  # nobody learns from them here


def attack(folder, **changes):
    given = {
        "model_name": "0", "output_dir": str(folder), "questions": QUESTIONS, "updates": 4,
        "eval_every": 2, "eval_episodes": 8, "num_envs": 4,
    }  # fmt: skip
    return LearnedSettings(**{**given, **changes})


def fake_learner(monkeypatch, players):
    """Have exploits and honest agents play instead of models; return what the learner is told.

    Args:
        players: By the updates made; where it is None the learner is killed.
    """
    told = []

    def train(settings, display=None):
        if players[settings.updates] is None:
            raise AgentError("killed")
        told.append(settings)
        return SimpleNamespace(folder=str(settings.updates))

    def made(name, **options):
        if name != "llm":
            return make_agent(name, **options)
        chosen = players[int(options["model"])]
        return make_agent(chosen) if chosen == "iterative" else make_exploits([chosen])[0].make()

    monkeypatch.setattr(learned, "train", train)
    monkeypatch.setattr(learned, "make_agent", made)
    return told


def point(update, reward, true):
    spans = [Interval(value, value - 0.1, value + 0.1, 20) for value in (reward, true)]
    rest = [Interval(reward - true, -0.1, 1.0, 20)] * 5
    return Point(update, *spans, *rest)


def report(reward="f1", seed=0, outcome="holds", moment=None, primed=None):
    """An attack of two examinations, in which the gap opens."""
    points = (point(0, 0.5, 0.5), point(4, 0.9, 0.2))
    finding, honest = Finding(outcome, moment, "so it is"), (Player("iterative", 0.7, 0.6),)
    return Report("hopgym/SearchRead-v0", reward, "em", seed, primed, 20, points, finding, honest)
