"""Whether a recorded episode is worth what it was: scored again, read from JSON, played again."""

from __future__ import annotations

from typing import Any

from ...core import Trajectory, from_json, to_json
from ...rewards import score_episode
from .canonical import canonical
from .checks import Finding, failed, not_applicable, passed
from .playing import Played, play, repeating
from .scripts import oracle, random_play
from .subject import Subject

TOLERANCE = 1e-9
TIMES = 2


def verifier_determinism(subject: Subject) -> Finding:
    """Score each record twice, and once more after a round trip through JSON."""
    reward = getattr(getattr(subject.env.unwrapped, "stage", None), "reward", None)
    scored = [one for one in _episodes(subject) if _record(one) is not None]
    if reward is None or not scored or not subject.ours:
        return not_applicable("No reward and record to score again; `replay` plays them instead.")
    for played in scored:
        record = _record(played)
        assert record is not None
        question = subject.env.unwrapped.stage.by_id(record.question_id)  # type: ignore[attr-defined]
        back = from_json(to_json(record), Trajectory)
        earned = [reply.reward for reply in played.replies]
        for form, one in (("scored again", record), ("scored twice", record), ("from JSON", back)):
            values = [score.value for score in score_episode(reward, question, one)]
            if not _same(values, earned):
                return failed(
                    f"The episode of seed {played.seed} earned {_told(earned)}, and {form} it "
                    f"earns {_told(values)}."
                )
    return passed(
        f"{len(scored)} records earn the same, scored twice and once more from their JSON."
    )


def replay(subject: Subject) -> Finding:
    """Do what was done again, in a fresh instance."""
    episodes = _episodes(subject)
    for played in episodes:
        policy = repeating(_actions(subject, played))
        for _ in range(TIMES):
            other = play(subject.make(), policy, played.seed, most=len(played.actions))
            if not _same([r.reward for r in other.replies], [r.reward for r in played.replies]):
                return failed(
                    f"The same actions on seed {played.seed} earned "
                    f"{_told([r.reward for r in played.replies])} and then "
                    f"{_told([r.reward for r in other.replies])}."
                )
            if [_end(r) for r in other.replies] != [_end(r) for r in played.replies]:
                return failed(f"The same actions on seed {played.seed} end otherwise.")
    return passed(
        f"{len(episodes)} episodes, played {TIMES} times more from their records, earn the same "
        "at every step."
    )


def _episodes(subject: Subject) -> list[Played]:
    return [*random_play(subject)[:8], *(oracle(subject) or [])[:8]]


def _record(played: Played) -> Trajectory | None:
    last = played.replies[-1].info if played.replies else {}
    record = last.get("trajectory")
    return record if isinstance(record, Trajectory) else None


def _actions(subject: Subject, played: Played) -> list[Any]:
    """Return the actions as the record holds them, after JSON; else as they were played."""
    record = _record(played)
    if record is None:
        return played.actions
    recorded = [step.action for step in from_json(to_json(record), Trajectory).steps]
    fits = len(recorded) == len(played.actions)
    return recorded if fits and all(map(_is_action(subject), recorded)) else played.actions


def _is_action(subject: Subject) -> Any:
    space = subject.env.action_space
    # A list of numbers may be a selection or an array: what the space does not take is not used.
    return lambda action: isinstance(action, str | int) and bool(space.contains(action))


def _end(reply: Any) -> str:
    return canonical((reply.observation, reply.terminated, reply.truncated))


def _same(left: list[float], right: list[float]) -> bool:
    return len(left) == len(right) and all(
        abs(a - b) <= TOLERANCE for a, b in zip(left, right, strict=True)
    )


def _told(values: list[float]) -> str:
    return "[" + ", ".join(f"{value:.3g}" for value in values) + "]"
