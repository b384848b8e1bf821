"""`hopgym train rag_chat`."""

from __future__ import annotations

import os

import typer
from rich.console import Console

from ..flags import DASHES, command
from .settings import RagChatSettings


def add_command(train: typer.Typer) -> None:
    """Add the command."""
    doc = "Fine-tune a chat model on conversations with retrieved documents."
    train.command("rag_chat", context_settings=DASHES)(command(RagChatSettings, run, doc))


def run(settings: RagChatSettings) -> None:
    """Train, and say what came of it."""
    from ..sft.display import SFTDisplay
    from ..training.hub import check_access
    from .train import train

    console = Console()
    try:
        with SFTDisplay() as display:
            if settings.push_to_hub:
                check_access()
            told = train(settings, display)
    except KeyboardInterrupt:
        line = "Stopped. The same command with --resume goes on from the last checkpoint, if any."
        Console(stderr=True).print(line, markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(130) from None
    if os.environ.get("RANK", "0") != "0":  # several processes train together: one speaks
        return
    loss = f", loss {told.losses[-1]:.4f}" if told.losses else ""
    line = f"Wrote {told.folder}: {told.steps} steps on {told.sequences} conversations{loss}."
    console.print(line, markup=False, soft_wrap=True)
    following = f"Next: hopgym bench --envs hopgym/RAG-v0 --agents {told.folder}"
    console.print(following, markup=False, highlight=False, soft_wrap=True)
