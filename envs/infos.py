"""Infos of many episodes, as Gymnasium batches them, and back.

Gymnasium's vector environments return one dict of arrays, each with a boolean mask `_key`;
`batch_infos` builds it column by column, equal to what the sync vector env builds one value at a
time, and `unbatch_infos` gives each episode its own dict again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Mask = np.ndarray[Any, np.dtype[np.bool_]]
_ABSENT = object()
_NUMBERS = (int, float, bool)


def batch_infos(infos: Sequence[Mapping[str, Any] | None]) -> dict[str, Any]:
    """Return the dict of arrays; an episode whose info is None appears in no mask.

    >>> batch_infos([{"step": 1}, None])["step"].tolist()
    [1, 0]
    """
    first = infos[0]
    if first is not None:
        size = len(first)
        try:  # the usual case, and the fast one: all have the same keys
            columns = {key: [info[key] for info in infos] for key in first}  # type: ignore[index]
            same = all([len(info) == size for info in infos])  # type: ignore[arg-type]
        except (KeyError, TypeError):
            same = False
        if same:
            return _join(columns, np.ones(len(infos), dtype=np.bool_))
    return _batch_ragged(infos)


def _join(columns: Mapping[str, list[Any]], mask: Mask) -> dict[str, Any]:
    batch: dict[str, Any] = {}
    for key, values in columns.items():
        batch[key] = _column(values, values[0])
        batch[f"_{key}"] = mask.copy()
    return batch


def _batch_ragged(infos: Sequence[Mapping[str, Any] | None]) -> dict[str, Any]:
    """Batch infos of which some are missing or have other keys."""
    keys = dict.fromkeys(key for info in infos if info is not None for key in info)
    batch: dict[str, Any] = {}
    for key in keys:
        rows = [None if info is None else info.get(key, _ABSENT) for info in infos]
        has = [
            info is not None and row is not _ABSENT for info, row in zip(infos, rows, strict=True)
        ]
        first = rows[has.index(True)]
        blank = 0 if type(first) in _NUMBERS else None
        batch[key] = _column([row if h else blank for h, row in zip(has, rows, strict=True)], first)
        batch[f"_{key}"] = np.array(has, dtype=np.bool_)
    return batch


def _column(values: list[Any], first: Any) -> Any:
    kind = type(first)
    if kind is dict:
        return batch_infos(values)
    if kind in _NUMBERS:
        return np.array(values, dtype=kind)
    column = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):  # one by one: tuples are values, not rows
        column[index] = value
    return column


def unbatch_infos(batch: Mapping[str, Any], num_envs: int) -> list[dict[str, Any]]:
    """Return one plain dict for each episode.

    >>> unbatch_infos(batch_infos([{"a": {"b": 1.5}}, {"c": "x"}]), 2)
    [{'a': {'b': 1.5}}, {'c': 'x'}]
    """
    infos: list[dict[str, Any]] = [{} for _ in range(num_envs)]
    for key, column in batch.items():
        mask = batch.get(f"_{key}")
        if mask is None:
            continue
        rows = unbatch_infos(column, num_envs) if isinstance(column, Mapping) else column
        for index in np.flatnonzero(mask):
            value = rows[index]
            infos[index][key] = value.item() if isinstance(value, np.generic) else value
    return infos
