"""The environment that records were played in, opened again, and their episodes played once more.

A results file holds actions and returns; what else an exporter needs (the rules of a grammar, the
observations in arrays) the environment tells. Whether it is the same is checked, never assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import gymnasium
import numpy as np

from ...agents.rollout import Job, Playing
from ...envs.registration import find_env
from ...envs.server.wire import read_value
from ...errors import ConfigError, DataError, HopgymError
from ..records import Record

Env = gymnasium.Env[Any, Any]


class Again(NamedTuple):
    """An episode that was played again."""

    observations: list[Any]
    """One more than there are actions."""
    actions: list[Any]
    rewards: list[float]
    terminated: bool
    truncated: bool


@contextmanager
def reopened(record: Record, questions: str | None = None, env: str | None = None) -> Iterator[Env]:
    """Open the environment that a record was played in.

    Args:
        record: Any of its records.
        questions: Its questions, where their name in the record does not find them: a file, say.
        env: `file.py:ID` or `module:ID`, where it is not hopgym's own.

    Raises:
        ConfigError: If it cannot be opened, or has other questions now.
    """
    made = _made(record, questions or record.questions, env)
    try:
        found = getattr(getattr(made.unwrapped, "question_set", None), "fingerprint", "")
        if record.dataset_fingerprint and found != record.dataset_fingerprint:
            raise ConfigError(
                f"{record.questions!r} was {record.dataset_fingerprint} when it was played and is "
                f"{found} now: other questions or documents. Name those that were played by "
                "--questions."
            )
        yield made
    finally:
        made.close()


def play_again(env: Env, record: Record) -> Again:
    """Play a record's actions again.

    Raises:
        DataError: If the return is another one than the record's, or the episode does not end.
    """
    assert record.trajectory is not None
    options = {"question_id": record.question_id}
    observation, info = env.reset(seed=record.seed, options=options)
    playing = Playing(Job(record.question_id, record.seed), observation, info)
    again = Again([observation], [], [], False, False)
    for step in record.trajectory.steps:
        action = taken(env.action_space, step.action)
        result = env.step(action)
        playing.add(result, 0.0)
        again.observations.append(result[0])
        again.actions.append(action)
        again.rewards.append(float(result[1]))
        again = again._replace(terminated=bool(result[2]), truncated=bool(result[3]))
    if playing.reward != record.reward or not (again.terminated or again.truncated):
        ended = "ended" if again.terminated or again.truncated else "did not end"
        raise DataError(
            f"The episode of {record.question_id!r} by {record.agent!r} was paid {record.reward} and, "
            f"played again, {ended} with {playing.reward}: the environment is another one now. Play "
            "it anew: hopgym bench --fresh."
        )
    return again


def taken(space: gymnasium.Space[Any], recorded: Any) -> Any:
    """Return the action that a step records.

    A selection at once is recorded by the numbers of its facts, the shorter form.

    >>> taken(gymnasium.spaces.MultiBinary(4), [0, 3]).tolist()
    [1, 0, 0, 1]
    """
    if isinstance(space, gymnasium.spaces.MultiBinary) and isinstance(recorded, list):
        (size,) = space.shape
        if len(recorded) != size or not set(recorded) <= {0, 1}:
            return np.isin(np.arange(size), recorded).astype(space.dtype)
    return read_value(space, recorded)


def _made(record: Record, questions: str, env: str | None) -> Env:
    env_id = find_env(env or record.env_id)
    if env_id != record.env_id:
        raise ConfigError(f"The results are of {record.env_id}, not of {env_id} (--env).")
    keywords = {**record.env_kwargs, "questions": questions, "split": record.split}
    try:
        made: Env = gymnasium.make(env_id, disable_env_checker=True, **keywords)
    except HopgymError as error:
        raise ConfigError(
            f"{env_id} cannot be opened as it was played: {error} If the questions {questions!r} are "
            "a file or folder, name it by --questions."
        ) from error
    return made
