"""The infos of all lanes after a move, in columns: as `batch_infos` batches those of each lane.

Most of a step would else be spent on making a dict for each lane and taking it apart again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..infos import batch_infos
from .game import Game, Move


def batch_moves(
    game: Game, moves: Mapping[int, Move], ended: Mapping[int, tuple[Any, dict[str, Any]]]
) -> dict[str, Any]:
    """Return the batched infos.

    Args:
        game: After the move, and after what has ended has begun anew.
        moves: What was moved, by lane; the others have just begun.
        ended: The last observation and info of lanes that have begun anew in the same step.
    """
    lanes = len(game.cases)
    cases = [game.case(lane) for lane in range(lanes)]
    moved = np.zeros(lanes, dtype=np.bool_)
    stepped = [lane for lane in moves if lane not in ended]
    moved[stepped] = True
    columns: dict[str, Any] = {
        "question_id": _objects([case.question.id for case in cases]),
        "question": _objects([case.offer.question for case in cases]),
        "step": game.board.steps.copy(),
        "facts": np.array([case.num_facts for case in cases]),
        "action_mask": game.action_masks(),
    }
    batch = _masked(columns, np.ones(lanes, dtype=np.bool_))
    if stepped:
        terms: list[dict[str, float] | None] = [None] * lanes
        errors: list[str | None] = [None] * lanes
        for lane in stepped:
            terms[lane], errors[lane] = moves[lane].terms, moves[lane].parse_error
        nothing = _objects([()] * lanes)
        told = {
            "reward_terms": batch_infos(terms),
            "parse_error": _objects(errors),
            "queries": np.where(moved, nothing, None),
            "document_ids": np.where(moved, nothing, None),
            "new_text": np.where(moved, _objects([""] * lanes), None),
        }
        batch |= _masked(told, moved)
    last: list[Mapping[str, Any] | None] = [None] * lanes
    for lane, (_, info) in ended.items():
        last[lane] = {"final_info": info}
    for lane in stepped:
        last[lane] = moves[lane].last or None
    if any(info is not None for info in last):
        batch |= batch_infos(last)
    if ended:  # Gymnasium batches infos that are dicts, but not these observations
        final = [ended[lane][0] if lane in ended else None for lane in range(lanes)]
        over = np.array([lane in ended for lane in range(lanes)], dtype=np.bool_)
        batch |= _masked({"final_obs": _objects(final)}, over)
    return batch


def _masked(columns: Mapping[str, Any], mask: Any) -> dict[str, Any]:
    batch: dict[str, Any] = {}
    for name, column in columns.items():
        batch[name], batch[f"_{name}"] = column, mask.copy()
    return batch


def _objects(values: Sequence[Any]) -> Any:
    # Not np.array: it would take tuples for rows.
    return np.fromiter(values, np.dtype(object), len(values))
