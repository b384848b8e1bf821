"""`hopgym train`: a command for each learner.

To add one: a module with `add_command(train)`, and its name in `LEARNERS`. What its flags are made
of, [`flags`][hopgym.agents.flags] says.
"""

from __future__ import annotations

import typer

from .compress import cli as compress_cli
from .drag import cli as drag_cli
from .grpo import cli as grpo_cli
from .ppo import cli as ppo_cli
from .rag import cli as rag_cli
from .rag_chat import cli as rag_chat_cli
from .refrag import cli as refrag_cli
from .sb3 import cli as sb3_cli
from .sft import cli as sft_cli
from .tiny import cli as tiny_cli

LEARNERS = (
    sft_cli,
    ppo_cli,
    grpo_cli,
    sb3_cli,
    drag_cli,
    rag_cli,
    compress_cli,
    rag_chat_cli,
    refrag_cli,
    tiny_cli,
)


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    train = typer.Typer(help="Train agents.", no_args_is_help=True)
    train.callback()(lambda: None)  # a group, however few learners it has
    for learner in LEARNERS:
        learner.add_command(train)
    app.add_typer(train, name="train")
