"""Episodes on their way between processes: plain tuples, which are pickled at a quarter of the cost.

Pickling a trajectory calls Python for each step, hit and span in it, and a long one has dozens. Taken
apart they are left to C. All values stay what they are, of whatever type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

from ...core import Hit, Span, Step, Trajectory
from ..rollout import Episode, Job

Packed = tuple[Any, ...]

_STEP_FIELDS = [field.name for field in fields(Step)]
_FIELDS = [field.name for field in fields(Trajectory)]
_HITS, _STEPS, _SPANS = _STEP_FIELDS.index("hits"), _FIELDS.index("steps"), _FIELDS.index("spans")
_of_step, _of_trajectory = attrgetter(*_STEP_FIELDS), attrgetter(*_FIELDS)


def pack(episodes: Sequence[Episode]) -> list[Packed]:
    """Take episodes apart; trajectories of a type that is not ours are left as they are."""
    return [(tuple(job), _apart(trajectory), *rest) for job, trajectory, *rest in episodes]


def unpack(rows: Sequence[Packed]) -> list[Episode]:
    """Put episodes together again."""
    return [Episode(Job(*job), _together(trajectory), *rest) for job, trajectory, *rest in rows]


def _apart(trajectory: Any) -> Any:
    if type(trajectory) is not Trajectory or any(type(s) is not Step for s in trajectory.steps):
        return trajectory
    values = list(_of_trajectory(trajectory))
    values[_STEPS] = [_step_apart(step) for step in trajectory.steps]
    values[_SPANS] = [tuple(span) for span in trajectory.spans]
    return tuple(values)


def _step_apart(step: Step) -> list[Any]:
    values = list(_of_step(step))
    values[_HITS] = [tuple(hit) for hit in step.hits]
    return values


def _together(apart: Any) -> Any:
    if type(apart) is not tuple:
        return apart
    values = list(apart)
    values[_STEPS] = tuple([_step_together(step) for step in values[_STEPS]])
    values[_SPANS] = tuple([Span(*span) for span in values[_SPANS]])
    return Trajectory(*values)


def _step_together(values: list[Any]) -> Step:
    values[_HITS] = tuple([Hit(*hit) for hit in values[_HITS]])
    return Step(*values)
