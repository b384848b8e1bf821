"""Infos of many episodes, as Gymnasium batches them, and back.

Gymnasium's vector environments return one dict of arrays, each with a boolean mask `_key`;
`batch_infos` builds it column by column, equal to what the sync vector env builds one value at a
time, and `unbatch_infos` gives each episode its own dict again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

Mask = np.ndarray[Any, np.dtype[np.bool_]]
_ABSENT = object()
_OBJECT = np.dtype(object)
_DTYPES = {kind: np.dtype(kind) for kind in (int, float, bool)}


def batch_infos(infos: Sequence[Mapping[str, Any] | None]) -> dict[str, Any]:
    """Return the dict of arrays; an episode whose info is None appears in no mask.

    Where all have the same keys, the masks are one array that cannot be written to.

    >>> batch_infos([{"step": 1}, None])["step"].tolist()
    [1, 0]
    """
    first = infos[0]
    keys = () if first is None else tuple(first)
    for info in infos:
        if info is None or tuple(info) != keys:
            return _batch_ragged(infos)
    # The usual case, and the fast one: all have the same keys in the same order.
    mask = _everyone(len(infos))
    batch: dict[str, Any] = {}
    columns = zip(*[info.values() for info in infos], strict=True)  # type: ignore[union-attr]
    for (key, mask_key), values in zip(_with_masks(keys), columns, strict=True):
        batch[key] = _column(values, values[0])
        batch[mask_key] = mask
    return batch


@lru_cache(maxsize=256)
def _with_masks(keys: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((key, f"_{key}") for key in keys)


@lru_cache(maxsize=64)
def _everyone(size: int) -> Mask:
    """Return the mask in which all take part: one for all columns, so nobody may write to it."""
    mask = np.ones(size, dtype=np.bool_)
    mask.flags.writeable = False
    return mask


def _batch_ragged(infos: Sequence[Mapping[str, Any] | None]) -> dict[str, Any]:
    """Batch infos of which some are missing or have other keys; those alike go together."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for index, info in enumerate(infos):
        if info is not None:
            alike.setdefault(tuple(info), []).append(index)
    held: dict[str, tuple[list[int], list[Any]]] = {}
    for keys, rows in alike.items():
        columns = zip(*[infos[row].values() for row in rows], strict=True)  # type: ignore[union-attr]
        for key, column in zip(keys, columns, strict=True):
            owners, kept = held.setdefault(key, ([], []))
            owners.extend(rows)
            kept.extend(column)
    batch: dict[str, Any] = {}
    for key in dict.fromkeys(key for keys in alike for key in keys):
        rows, values = held[key]
        mask = np.zeros(len(infos), dtype=np.bool_)
        mask[rows] = True
        batch[key] = _spread(values, rows, len(infos), values[0])
        batch[f"_{key}"] = mask
    return batch


def _spread(values: list[Any], rows: list[int], size: int, first: Any) -> Any:
    """Return a column that holds values in some rows, and blanks in the others."""
    if type(first) is dict:
        infos: list[Mapping[str, Any] | None] = [None] * size
        for row, value in zip(rows, values, strict=True):
            infos[row] = value
        return batch_infos(infos)
    if isinstance(first, np.ndarray):
        stack = np.zeros((size, *first.shape), first.dtype)
        stack[rows] = values
        return stack
    dtype = _DTYPES.get(type(first), _OBJECT)
    if dtype is not _OBJECT:
        column = np.zeros(size, dtype)
        column[rows] = values
        return column
    objects = np.full(size, None, dtype)
    for row, value in zip(rows, values, strict=True):  # at once, tuples would be taken for rows
        objects[row] = value
    return objects


def _column(values: Sequence[Any], first: Any) -> Any:
    # Not np.array: it would take tuples for rows.
    if type(first) is dict:
        return batch_infos(values)
    if isinstance(first, np.ndarray):
        return np.stack(values)
    return np.fromiter(values, _DTYPES.get(type(first), _OBJECT), len(values))


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
