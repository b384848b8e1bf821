"""Showing an episode of selecting facts in a terminal."""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.text import Text

from ..grammars.text import one_line
from .game import Game

_WIDTH = 120


def render_game(game: Game, lane: int) -> str:
    """Return the question, where it begins, the facts selected, and how it ended if it has."""
    case, offer = game.case(lane), game.case(lane).offer
    chosen = np.flatnonzero(game.board.selected[lane]).tolist()
    lines = [
        f"Question: {one_line(offer.question, 4 * _WIDTH)}",
        f"From: {', '.join(one_line(topic, _WIDTH) for topic in offer.topics) or 'nowhere'}",
        f"Selected {len(chosen)} of {case.num_facts} facts:",
    ]
    for slot in chosen:
        fact = offer.facts[slot]
        parts = [one_line(part, _WIDTH) for part in (fact.head, fact.relation, fact.tail)]
        lines.append(f"  {slot:>4}  {', '.join(parts)}")
    return "\n".join([*lines, *_ending(game, lane)])


def print_game(game: Game, lane: int) -> None:
    """Print it."""
    Console(highlight=False).print(Text(render_game(game, lane)), soft_wrap=True)


def _ending(game: Game, lane: int) -> list[str]:
    record = game.records[lane]
    if not game.over[lane] or record is None:
        return []
    answers = record.steps[-1].parsed.get("answers")
    told = "none: the steps were used up" if answers is None else repr(" | ".join(answers))
    gold = " / ".join(game.case(lane).gold_answers[:3])
    return [f"[over] answer: {told}, gold: {gold!r}"]
