"""What one batch of episodes says of a policy's health, in plain numbers.

Rewards can rise while a policy decays, so the figures tell how it plays, not only how well: how
long its turns are, whether they can be read, whether it still searches and answers. Episodes that
infrastructure kept from being played, or that no judge could score, are counted and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ...core import Step, Trajectory
from ...errors import AgentError, EpisodeError, RewardError
from ...rewards.repeat import repeated_queries
from .degenerate import degeneration

if TYPE_CHECKING:
    from ..llm.rollout import TokenRollout
    from ..llm.tokens import Turn
    from ..rollout import Episode

_SAID = ("analysis", "text")
"""What an action says, in the fields of `Step.parsed`."""


def episode_figures(rollouts: Sequence[TokenRollout]) -> dict[str, float]:
    """Return the figures of a batch of episodes.

    Of episodes: `episodes` (played), `failed_episodes`, `unscored_episodes`; `reward` and each of
    its terms as `reward/NAME`, which add up to it (a term that an episode has not is 0 there); each
    metric by its own name, over the episodes that report it; `turns_per_episode`,
    `queries_per_episode`, `repeat_share` (asked a query twice), `answered_share` and
    `no_search_share` (answered without a query). Of turns: `format_rate`, `degenerate_rate`,
    `tokens_per_turn` and `cut_rate` (ended by their length). What cannot be known, as all but the
    counts where nothing was played, is left out.

    Args:
        rollouts: The episodes of one update.

    Raises:
        AgentError: If an episode that was played has no trajectory.
    """
    episodes = [rollout.episode for rollout in rollouts]
    played = [episode for episode in episodes if episode.error is None]
    rows = [rollout.tokens for rollout in rollouts if rollout.tokens is not None]
    turns = [turn for row in rows for turn in row.turns]
    return {
        **_metrics(played),  # first: a metric of the same name takes no figure's place
        **_counts(episodes),
        **_rewards(played),
        **_play([_trajectory(episode) for episode in played]),
        **_tokens(turns),
    }


def is_degenerate(step: Step) -> bool:
    """Return whether what an agent wrote in a step, or a part of it, is degenerate.

    The parts are looked at alone too: behind the marks of a grammar, garbage is half of a text.
    Actions that are no text are not.
    """
    if not isinstance(step.action, str):
        return False
    parts = [part for part in map(step.parsed.get, _SAID) if isinstance(part, str) and part]
    return any(degeneration(text) for text in (step.action, *parts))


def _counts(episodes: Sequence[Episode]) -> dict[str, float]:
    errors = [episode.error for episode in episodes if episode.error is not None]
    no_score = _names(RewardError) | {EpisodeError.__name__}  # the latter: cut off by a wrapper
    unscored = sum(error.partition(":")[0] in no_score for error in errors)
    return {
        "episodes": float(len(episodes) - len(errors)),
        "failed_episodes": float(len(errors) - unscored),
        "unscored_episodes": float(unscored),
    }


def _metrics(played: Sequence[Episode]) -> dict[str, float]:
    reported: dict[str, list[float]] = {}
    for episode in played:
        for name, value in episode.metrics.items():
            reported.setdefault(name, []).append(float(value))
    return {name: _mean(values) for name, values in sorted(reported.items())}


def _rewards(played: Sequence[Episode]) -> dict[str, float]:
    if not played:
        return {}
    names = sorted({name for episode in played for name in episode.reward_terms})
    terms = {
        f"reward/{name}": _mean([episode.reward_terms.get(name, 0.0) for episode in played])
        for name in names
    }
    return {"reward": _mean([episode.reward for episode in played]), **terms}


def _play(played: Sequence[Trajectory]) -> dict[str, float]:
    """Return how the agent played: of each episode, and of each turn."""
    if not played:
        return {}
    queries = [sum(len(step.queries) for step in one.steps) for one in played]
    answered = [one.prediction is not None for one in played]
    steps = [step for one in played for step in one.steps]
    figures = {
        "turns_per_episode": len(steps) / len(played),
        "queries_per_episode": _mean(queries),
        "repeat_share": _mean(repeated_queries(one) > 0 for one in played),
        "answered_share": _mean(answered),
        "no_search_share": _mean(a and not q for a, q in zip(answered, queries, strict=True)),
    }
    if steps:
        figures["format_rate"] = _mean(step.parse_error is None for step in steps)
        figures["degenerate_rate"] = _mean(map(is_degenerate, steps))
    return figures


def _tokens(turns: Sequence[Turn]) -> dict[str, float]:
    if not turns:
        return {}
    return {
        "tokens_per_turn": _mean(turn.end - turn.start for turn in turns),
        "cut_rate": _mean(turn.finish == "length" for turn in turns),
    }


def _names(kind: type[Exception]) -> set[str]:
    """Return the name of an exception, and those of all that are of its kind."""
    return {kind.__name__}.union(*map(_names, kind.__subclasses__()))


def _trajectory(episode: Episode) -> Trajectory:
    if episode.trajectory is None:
        raise AgentError(
            f"The episode of question {episode.job.question_id!r} was played but has no "
            "trajectory, from which its figures are made; give info['trajectory'] at its end."
        )
    return episode.trajectory


def _mean(values: Iterable[float]) -> float:
    all_ = [float(value) for value in values]
    return sum(all_) / len(all_)
