"""Showing an episode in a terminal: who wrote what, in colour where there is colour."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from .episode import Episode
from .plan_figure import plan_figure, print_plan

_STYLES = {"agent": "bold cyan", "env": "default"}


def transcript_text(episode: Episode) -> str:
    """Return the transcript, how the episode ended if it has, and a figure of each plan."""
    figures = filter(None, map(plan_figure, episode.steps))
    return "\n\n".join([f"{episode.text}{_ending(episode)}", *figures])


def print_new(episode: Episode) -> None:
    """Print the transcript's new part: all of it at the start, then what each step added.

    A plan's figure comes after the transcript of its step.
    """
    console = Console(highlight=False)
    shown = episode.printed
    for start, end, author in episode.spans:
        if end > shown:
            console.print(
                Text(episode.for_eyes(episode.text[max(start, shown) : end]), _STYLES[author]),
                end="",
                soft_wrap=True,
            )
    for step in episode.steps:
        if step.end > shown:
            print_plan(step, console, under=not episode.text.endswith("\n"))
    episode.printed = len(episode.text)
    console.print(Text(_ending(episode), style="bold"))


def _ending(episode: Episode) -> str:
    if not episode.over:
        return ""
    gold = " / ".join(episode.question.answers[:3])
    return f"\n[{episode.outcome}] answer: {episode.prediction!r}, gold: {gold!r}"
