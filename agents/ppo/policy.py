"""The policy of a run: its model, loaded as the device allows, as an actor."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...errors import require
from ...seeding import rng_for
from ..llm.loading import check_model, load_model
from ..training.policy import lora_config, precision_here
from .actor import Actor, Reference
from .settings import PPOSettings


class Policy(NamedTuple):
    """A model that is trained."""

    actor: Actor
    tokenizer: Any
    precision: str
    """The numbers it computes with: never auto."""


def load_policy(settings: PPOSettings, device: str | None = None) -> Policy:
    """Load the model of a run.

    The reference is the model without its adapter. Where all weights are trained it is a copy, and
    only if the penalty asks for it.

    Raises:
        ConfigError: If there is no such model, or it has no such modules.
    """
    torch = require("torch", "llm")
    precision = precision_here(settings.precision)
    kept: Any = precision if settings.lora_r else "float32"
    folder = check_model(settings.model_name)
    model, tokenizer = load_model(folder, dtype=kept, device=device)
    if settings.lora_r:
        model = _adapted(settings, model, str(folder))
    if settings.gradient_checkpointing:
        recompute(model)
    actor = Actor(
        model.train(settings.gradient_checkpointing),
        values=settings.algorithm == "ppo",
        reference=_reference(settings),
        shared=settings.shared_value,
        half=None if precision == "float32" else getattr(torch, precision),
        seed=settings.seed,
    )
    return Policy(actor, tokenizer, precision)


def _reference(settings: PPOSettings) -> Reference:
    if settings.lora_r:
        return "adapter"
    return "copy" if settings.kl_coef else "none"


def _adapted(settings: PPOSettings, model: Any, base: str) -> Any:
    """Put a LoRA adapter on a model, in float32, which small steps need."""
    torch = require("torch", "llm")
    peft = require("peft", "llm")
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(int(rng_for(settings.seed, "lora").integers(2**31)))
        return peft.get_peft_model(
            model, lora_config(settings, model, base), autocast_adapter_dtype=True
        )


def recompute(model: Any) -> None:
    """Have activations made again for the gradient instead of kept: less memory, more time.

    They are, where the model is in training mode.
    """
    enable = getattr(model, "activation_checkpointing_enable", None)
    enable = enable or model.gradient_checkpointing_enable  # its former name
    enable({"use_reentrant": False})
