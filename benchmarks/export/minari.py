"""Results as a Minari data set: arrays of observations, actions and rewards, for offline learners.

Results do not hold observations, so each episode is played again by its actions, and must be paid what
it was paid. Minari stores arrays: `hopgym/KGSubgraph-v0` with `observation=padded`, or an environment
of your own with such spaces.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from ...errors import ConfigError, DataError, require
from ..records import Record
from .replay import Again, Env, play_again, reopened


def export_minari(
    records: Sequence[Record],
    out: str | Path,
    *,
    questions: str | None = None,
    env: str | None = None,
) -> int:
    """Write the episodes of one agent in one environment as the data set `OUT`; return how many.

    `OUT` lies in what Minari calls its root: `MINARI_DATASETS_PATH=exports` finds `exports/NAME-v0`
    as `NAME-v0`.

    Args:
        records: Of one agent and one environment. Those with an error are left out.
        out: The new folder, whose name ends in `-v0` or another version.
        questions: Where the questions are, if the results' own name does not find them.
        env: `file.py:ID`, where the environment is not hopgym's own.

    Raises:
        ConfigError: If Minari cannot store the environment's spaces, or the folder is there already,
            or is called otherwise.
        DataError: If nothing was played, or an episode, played again, is paid otherwise.
        MissingExtraError: If Minari is not installed.
    """
    storage = require("minari.dataset.minari_storage", "minari")
    require("pyarrow.dataset", "minari")
    target = Path(out).absolute()  # Minari doubles a relative one
    _check_target(target)
    played = [r for r in records if r.error is None and r.trajectory is not None]
    _check_one(played)
    with reopened(played[0], questions, env) as made, _appearing(target) as folder:
        _check_spaces(made, storage)
        held = storage.MinariStorage.new(
            folder / "data",
            observation_space=made.observation_space,
            action_space=made.action_space,
            env_spec=_spec(played[0]),
            data_format="parquet",
            jpeg_encoding=False,
        )
        held.update_metadata(_about(target.name, played[0]))
        held.update_episodes(_buffers(made, played))
    return len(played)


def _buffers(env: Env, records: Iterable[Record]) -> Iterator[Any]:
    make = require("minari.data_collector.episode_buffer", "minari").EpisodeBuffer
    for number, record in enumerate(records):
        again: Again = play_again(env, record)
        quiet = [False] * (len(again.rewards) - 1)
        yield make(
            id=number,
            seed=record.seed,
            options={"question_id": record.question_id},
            observations=stacked(env.observation_space, again.observations),
            actions=stacked(env.action_space, again.actions),
            rewards=again.rewards,
            terminations=[*quiet, again.terminated],
            truncations=[*quiet, again.truncated],
        )


def stacked(space: gymnasium.Space[Any], values: Sequence[Any]) -> Any:
    """Return values of a space as Minari takes them: an array for each part, a row for each value."""
    if isinstance(space, spaces.Dict):
        return {
            name: stacked(part, [value[name] for value in values]) for name, part in space.items()
        }
    if isinstance(space, spaces.Tuple):
        return tuple(
            stacked(part, [value[n] for value in values]) for n, part in enumerate(space.spaces)
        )
    return np.stack([np.asarray(value) for value in values])


def _check_target(target: Path) -> None:
    parse = require("minari.dataset.minari_dataset", "minari").parse_dataset_id
    try:
        parse(target.name)
    except (TypeError, ValueError):
        raise ConfigError(
            f"--out is {str(target)!r}; Minari wants a folder's name such as oracle-v0: letters, "
            "digits, - and _, with a version at its end."
        ) from None
    if target.exists():
        raise ConfigError(f"{str(target)!r} is there already. Choose another, or remove it.")


def _check_one(records: Sequence[Record]) -> None:
    if not records:
        raise DataError("There is no episode that was played without an error.")
    first = records[0].protocol
    other = next((r.protocol for r in records if r.protocol != first), None)
    if other is not None:
        raise ConfigError(
            "A Minari data set is of one agent in one environment, and these results are of several "
            f"({'; '.join(other.differences(first))}). Name one results file."
        )


def _check_spaces(env: Env, storage: Any) -> None:
    for noun, space in (
        ("observations", env.observation_space),
        ("actions", env.action_space),
    ):
        try:
            storage.serialize_space(space)
        except NotImplementedError:
            raise ConfigError(
                f"Minari has no place for the {noun} of {env.unwrapped.__class__.__name__}: "
                f"{space!r:.120}. It stores arrays: play hopgym/KGSubgraph-v0 with "
                "observation=padded. Episodes in text go to TRL or verl (--to trl, --to verl)."
            ) from None


def _spec(record: Record) -> Any:
    """Return what makes the environment again, for `recover_environment`; None for a class."""
    spec = gymnasium.spec(record.env_id)
    if not isinstance(spec.entry_point, str):
        return None
    keywords = {"questions": record.questions, "split": record.split, **record.env_kwargs}
    return gymnasium.envs.registration.EnvSpec(
        id=spec.id, entry_point=spec.entry_point, kwargs=keywords
    )


def _about(name: str, record: Record) -> dict[str, Any]:
    version = require("minari", "minari").__version__
    return {
        "dataset_id": name,
        "algorithm_name": record.agent,
        "minari_version": str(version),
        "description": f"{record.agent} in {record.env_id} on {record.questions} {record.split}, "
        f"questions {record.dataset_fingerprint}, hopgym {record.hopgym_version}",
        "requirements": ["hopgym"],
    }


@contextmanager
def _appearing(target: Path) -> Iterator[Path]:
    """Give a folder that takes its name only when all was written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        yield folder
        folder.chmod(0o755)
        os.replace(folder, target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
