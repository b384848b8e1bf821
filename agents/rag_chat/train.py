"""Fine-tuning on conversations with documents, by TRL's trainer.

The five steps of nanochat's plan: load a model, make the task, train on what was retrieved, save,
whatever its layers are. The sequences are made here, tokens and labels; the loss is on what the
assistant says and on its end token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from ...envs.conversations.render import Renderer
from ...errors import require
from ...files import fingerprint
from ..contamination.guard import remember
from ..llm.model_facts import context_of
from ..model_folder import write_model_folder
from ..sft.display import SFTDisplay
from ..sft.trainer import make_trainer
from ..training.folder import RunFolder
from ..training.going_on import make_steps
from ..training.hub import push
from ..training.limits import limits_told
from ..training.listeners import Checkpoints
from ..training.policy import Policy, save_policy
from ..training.processes import first
from ..training.surroundings import quiet, undisturbed
from ..training.variables import tracker_variables, variables
from .data import ChatData, asked_in, encode, make_tasks, texts_of
from .model import start
from .settings import FREE, RagChatSettings


class Trained(NamedTuple):
    """What a run came to."""

    folder: Path
    sequences: int
    steps: int
    losses: tuple[float, ...]
    """As they were logged."""


def train(settings: RagChatSettings, display: SFTDisplay | None = None) -> Trained:
    """Train a model; it is left in `output_dir`.

    Args:
        settings: What and how.
        display: Shows how it goes; open already.

    Raises:
        ConfigError: If a setting does not fit the model, the data or an earlier run.
        DataError: If the data cannot be read.
        RetrievalError: If a search fails.
    """
    display = display or SFTDisplay()
    folder = RunFolder(settings.output_dir, keep=settings.save_total_limit)
    folder.check_free(resume=settings.resume)
    tasks = make_tasks(settings)
    policy = start(settings, lambda: texts_of(chain.from_iterable(tasks)))
    renderer = Renderer(policy.tokenizer, limit=settings.max_document_chars)
    context = context_of(policy.model) or settings.max_length
    data = encode(chain.from_iterable(tasks), renderer, min(settings.max_length, context))
    theirs = settings.for_trainer()
    anew = "a smaller --device_batch_size and more --gradient_accumulation_steps, or --max_length"
    limits = limits_told(settings.output_dir, anew, "--gradient_checkpointing")
    with undisturbed(), variables(tracker_variables(theirs)), limits, folder.swept():
        trainer = make_trainer(theirs, policy, data.training, folder)
        conditions = _conditions(settings, data)
        begun = first(trainer, lambda: folder.begin(conditions, resume=settings.resume))
        first(trainer, lambda: remember(folder.folder, *asked_in(settings), start=settings.source))
        trainer.remove_callback(require("transformers", "llm").PrinterCallback)
        trainer.add_callback(display)
        trainer.add_callback(Checkpoints(settings.save_steps, settings.save_total_limit))
        if trainer.is_world_process_zero():
            display.say(_told(data, policy, begun))
        with quiet():
            make_steps(trainer, folder.checkpoint(begun) if begun else None)
        return _finish(trainer, settings, policy, data, folder)


def _finish(
    trainer: Any, settings: RagChatSettings, policy: Policy, data: ChatData, folder: RunFolder
) -> Trained:
    """Leave the model, and say how it is played."""
    losses = tuple(float(e["loss"]) for e in trainer.state.log_history if "loss" in e)
    steps = int(trainer.state.global_step)
    trained = Trained(folder.folder, len(data.training.encoded.rows), steps, losses)
    if trainer.is_world_process_zero():
        with folder.new_best() as last:
            save_policy(trainer.model, policy.tokenizer, last)
        folder.publish_best()
        made = {**asdict(settings), "steps": steps, "loss": losses[-1] if losses else None}
        options = {
            "max_new_tokens": settings.max_new_tokens,
            "max_document_chars": settings.max_document_chars,
            "system": settings.system,
        }
        write_model_folder(folder.folder, "rag_chat", options, made)
        if settings.push_to_hub:
            push(folder.folder, str(settings.hub_model_id), private=settings.hub_private)
    return trained


def _conditions(settings: RagChatSettings, data: ChatData) -> Mapping[str, Any]:
    told = {name: value for name, value in asdict(settings).items() if name not in FREE}
    return {**told, "data": fingerprint(data.training.encoded.rows)}


def _told(data: ChatData, policy: Policy, begun: int) -> str:
    encoded = data.training.encoded
    tokens = sum(len(row.learnt) for row in encoded.rows)
    told = f"{len(encoded.rows)} conversations, {tokens} tokens to learn, {policy.precision}"
    if data.fewer or encoded.skipped:
        told += f"; too long: {data.fewer} with fewer documents, {encoded.skipped} left out"
    return f"{told}; going on from step {begun}" if begun else told
