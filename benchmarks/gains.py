"""What training added, held out: a model's marks before and after, question by question.

The marks are exact match and the environment's own reward, of greedy play on a split that no
training saw. It knows neither how a model was trained nor by what; used by `study`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.table import Table

from ..agents import make_agent
from ..agents.rollout import Job, rollout
from ..envs.datasets import make_questions
from ..errors import HopgymError
from .stats import Interval, mean_interval

QUESTIONS = "world?hops=1-2&train=4000&dev=300&test=600&seed=11"


class Marks(NamedTuple):
    """What a model scored on each question, by id."""

    em: dict[str, float]
    reward: dict[str, float]
    """The sum over an episode's steps of what the environment pays as it is."""


class Change(NamedTuple):
    """The mean of one figure, before and after."""

    before: Interval
    after: Interval
    gain: Interval
    """Of the differences, question by question."""


class Gain(NamedTuple):
    """What a run gained on the questions of the test split."""

    arm: str
    seed: int
    em: Change
    chains: Change
    """Exact match on chains of two hops alone, which nothing but a second search can answer."""
    reward: Change


def marks(
    model: str | Path, env_id: str, env_kwargs: Mapping[str, Any], split: str = "test"
) -> Marks:
    """Let a model play a split greedily; return what each question scored."""
    question_set = make_questions(QUESTIONS)
    jobs = [Job(question.id) for question in question_set.questions(split)]
    kwargs = {"questions": question_set, "split": split, **env_kwargs}
    found = Marks({}, {})
    for episode in rollout(env_id, make_agent(model), jobs, env_kwargs=kwargs, num_envs=128):
        if episode.error:
            raise HopgymError(f"Question {episode.job.question_id} failed: {episode.error}")
        found.em[episode.job.question_id] = episode.metrics["em"]
        found.reward[episode.job.question_id] = episode.reward
    return found


def gain_of(arm: str, seed: int, before: Marks, after: Marks) -> Gain:
    """Compare the marks of a run with those of its start, question by question."""

    def change(figure: str, ids: Iterable[str], label: str = "") -> Change:
        old, new = ([getattr(each, figure)[id] for id in ids] for each in (before, after))
        share = figure == "em"
        return Change(
            mean_interval(old, f"{label}before", share=share),
            mean_interval(new, f"{label}after", arm, seed, share=share),
            mean_interval(
                [b - a for a, b in zip(old, new, strict=True)], f"{label}gain", arm, seed
            ),
        )

    return Gain(
        arm,
        seed,
        em=change("em", list(before.em)),
        chains=change("em", two_hop_chains(), "chains "),
        reward=change("reward", list(before.em), "reward "),
    )


def two_hop_chains(split: str = "test") -> list[str]:
    """Return the ids of the questions that take two searches, one after the other."""
    questions = make_questions(QUESTIONS).questions(split)
    return [q.id for q in questions if q.type == "chain" and len(q.hops) == 2]


def tables(gains: Sequence[Gain], env_id: str) -> Iterator[Table]:
    """Lay out the gains, arm by arm, with 95 % intervals: exact match in percent, and the reward."""
    arms = list(dict.fromkeys(gain.arm for gain in gains))
    rows = sorted(gains, key=lambda gain: arms.index(gain.arm))
    yield _table(
        f"{env_id}: exact match, held out",
        ("Before", "After", "Gain", "2-hop chains: before", "after"),
        rows,
        lambda gain: [_percent(each) for each in (*gain.em, *gain.chains[:2])],
    )
    yield _table(
        f"{env_id}: reward, held out",
        ("Before", "After", "Gain"),
        rows,
        lambda gain: [_number(each) for each in gain.reward],
    )


def _table(
    title: str, headings: Sequence[str], rows: Sequence[Gain], cells: Callable[[Gain], list[str]]
) -> Table:
    laid = Table("Arm", "Seed", title=title, title_justify="left")
    for heading in headings:
        laid.add_column(heading, justify="right")
    for place, gain in enumerate(rows):
        if place and gain.arm != rows[place - 1].arm:
            laid.add_section()
        laid.add_row(gain.arm, str(gain.seed), *cells(gain))
    return laid


def _percent(interval: Interval) -> str:
    mean, low, high = (100 * end for end in interval[:3])
    return f"{mean:.1f} [{low:.1f}, {high:.1f}]"


def _number(interval: Interval) -> str:
    return "{:.3f} [{:.3f}, {:.3f}]".format(*interval[:3])
