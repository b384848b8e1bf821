"""What must hold of every step of an episode, whatever was done in it.

Used on environments of anyone: what is looked at is what Gymnasium promises, and, where an
environment is ours, what its infos and trajectories promise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...core import Trajectory, from_json, to_json
from ...envs.episode import TOLERANCE
from ...envs.grammars import ParseError
from ...envs.grammars.text import CONTROL
from ...envs.subgraph.records import MASKED
from ..audit.ranges import documented_range
from .runner import Fault

CODES = frozenset({*(error.value for error in ParseError), MASKED})
"""What `parse_error` may be, beside None."""

GOLD = frozenset({"prediction", "answers", "metrics", "trajectory", "reward_reason"})
"""Keys that only the last info has."""


def check_opening(env: Any, observation: Any, info: Mapping[str, Any]) -> None:
    """Check what `reset` returned."""
    _in_space(env, observation)
    _no_gold(info)


def check_step(
    env: Any, before: Any, result: tuple[Any, Any, Any, Any, Any], actions: Sequence[Any]
) -> None:
    """Check what `step` returned.

    Args:
        env: Where.
        before: The observation before it.
        result: What was returned.
        actions: All that the episode has taken so far.

    Raises:
        Fault: If something does not hold.
    """
    observation, reward, terminated, truncated, info = result
    _in_space(env, observation)
    if not isinstance(reward, float) or not math.isfinite(reward):
        raise Fault(f"the reward is {reward!r}, no finite float")
    if terminated and truncated:
        raise Fault("the episode was terminated and truncated at once")
    if "reward_terms" not in info:
        return  # a stranger's
    terms = info["reward_terms"]
    if abs(sum(terms.values()) - reward) > TOLERANCE:
        raise Fault(f"the terms {terms} do not add up to the reward {reward}")
    if info["parse_error"] is not None and info["parse_error"] not in CODES:
        raise Fault(f"{info['parse_error']!r} is no known parse error")
    if isinstance(observation, str):
        _grew(before, observation, info)
    if terminated or truncated:
        _check_end(env, observation, info, actions)
    else:
        _no_gold(info)


def check_return(env: Any, total: float, steps: int) -> None:
    """Check that an episode earned what its reward says can be earned."""
    inner = env.unwrapped
    reward = getattr(getattr(inner, "stage", None), "reward", None)
    bounds = documented_range(reward, steps, inner)
    if bounds and not bounds.low - TOLERANCE <= total <= bounds.high + TOLERANCE:
        raise Fault(f"an episode earned {total}, outside of {bounds.low} to {bounds.high}")


def _in_space(env: Any, observation: Any) -> None:
    if not env.observation_space.contains(observation):
        raise Fault(f"the observation is not in its space: {observation!r:.200}")


def _no_gold(info: Mapping[str, Any]) -> None:
    if early := GOLD.intersection(info):
        raise Fault(f"{', '.join(sorted(early))} stand in an info before the end")


def _grew(before: str, observation: str, info: Mapping[str, Any]) -> None:
    if not observation.startswith(before):
        raise Fault("the transcript does not begin with what it was before")
    if not observation.endswith(info["new_text"]):
        raise Fault("new_text is not what the transcript ends with")


def _check_end(env: Any, observation: Any, info: Mapping[str, Any], actions: Sequence[Any]) -> None:
    if missing := GOLD - {"reward_reason"} - set(info):
        raise Fault(f"{', '.join(sorted(missing))} are missing at the end")
    wrong = {k: v for k, v in info["metrics"].items() if not math.isfinite(v)}
    if wrong:
        raise Fault(f"metrics are no finite numbers: {wrong}")
    trajectory = info["trajectory"]
    if from_json(to_json(trajectory), Trajectory) != trajectory:
        raise Fault("the trajectory is another one after JSON")
    if isinstance(observation, str):
        _check_transcript(observation, trajectory)
        _check_authors(env, trajectory, actions)
        _check_reading(env, trajectory)


def _check_transcript(observation: str, trajectory: Trajectory) -> None:
    text, place = trajectory.transcript, 0
    if text != observation:
        raise Fault("the trajectory's transcript is not the last observation")
    for start, end, _ in trajectory.spans:
        if start != place or end <= start:
            raise Fault(f"the spans have a gap or overlap at {place}: {trajectory.spans}")
        place = end
    if place != len(text):
        raise Fault(f"the spans end at {place} of {len(text)} characters")
    if found := CONTROL.search(text):
        raise Fault(f"the transcript holds {found[0]!r} at {found.start()}")


def _check_authors(env: Any, trajectory: Trajectory, actions: Sequence[str]) -> None:
    """Check that the agent's spans hold what the agent wrote, and nothing of the environment's."""
    before = 0
    grammar = env.unwrapped.stage.grammar
    for step, action in zip(trajectory.steps, actions, strict=True):
        written = action.replace("\r\n", "\n")
        said = "".join(
            trajectory.transcript[max(start, before) : min(end, step.end)]
            for start, end, author in trajectory.spans
            if author == "agent" and start < step.end and end > before
        )
        sound = step.parse_error is None or step.parse_error == MASKED
        own = written.strip() if sound else _refused(grammar, step, written)
        if said != own:
            raise Fault(f"step {step.index}: the agent's span is {said!r:.80}, not {own!r:.80}")
        before = step.end


def _refused(grammar: Any, step: Any, action: str) -> str:
    return str(grammar.refusal(ParseError(step.parse_error), action)[0])


def _check_reading(env: Any, trajectory: Trajectory) -> None:
    """Check that the grammar reads the documents that were shown, and no others."""
    grammar = env.unwrapped.stage.grammar
    if not hasattr(grammar, "read_documents") or hasattr(grammar, "write_selection"):
        return
    shown = getattr(env.unwrapped._running(), "shown", {})
    read = grammar.read_documents(trajectory.transcript)
    if len(read) != len(shown):
        raise Fault(f"{len(shown)} documents were shown, and {len(read)} are read")
