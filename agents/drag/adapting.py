"""How a generator is made ready for training: its base is loaded and checked, and gets an adapter.

LoRA (Hu et al., arXiv 2106.09685) on the modules that `lora_targets` finds. Knows no prompts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...errors import ConfigError, require
from ...seeding import rng_for
from ..llm.loading import Dtype, base_of, is_adapter, load_model, load_tokenizer
from ..llm.quiet import quiet
from ..training.policy import LoraSettings, lora_config
from .hybrids import check_chunks, check_place
from .lora_targets import expert_parameters, lora_targets


@dataclass(frozen=True, kw_only=True)
class Lora:
    """How an adapter is made; any settings with these fields will do in its place."""

    lora_r: int = 16
    """The rank; 0 trains all weights."""
    lora_alpha: int = 32
    """By its ratio to the rank the adapter's part is multiplied."""
    lora_target_modules: str = "auto"
    """Modules by comma, all-linear, or auto: see `lora_targets`."""


def load_base(
    folder: Path, *, dtype: Dtype = "auto", device: str | None = None, merged: bool = True
) -> tuple[Any, Any]:
    """Return the model of a folder, which is computed rightly here, and the folder's tokenizer.

    Args:
        folder: What `check_model` returned.
        dtype: The model's numbers.
        device: Where; None for the best there is.
        merged: Whether an adapter's folder gives the two in one; else its base alone.

    Raises:
        ConfigError: If it cannot be loaded, or is computed wrongly.
    """
    base = base_of(folder) if is_adapter(folder) and not merged else folder
    model, tokenizer = load_model(base, dtype=dtype, device=device)
    check_place(model, str(model.device))
    check_chunks(model)
    return model, tokenizer if base == folder else load_tokenizer(folder)


def adapt(
    model: Any,
    lora: LoraSettings,
    *,
    base: str,
    resumed: Path | None = None,
    dropout: float = 0.0,
    experts: bool = False,
    seed: int = 0,
) -> Any:
    """Return a model with an adapter that can be trained; its own weights are left as they are.

    Args:
        model: The base; on the meta device the adapter is there, too.
        lora: The adapter.
        base: What the adapter's settings name as its base.
        resumed: The folder of an adapter to go on with, whose own settings then hold.
        dropout: The share of what goes into the adapter that is dropped in training.
        experts: Whether routed experts get adapters, too.
        seed: Of the first weights.

    Raises:
        ConfigError: If the model has none of the modules, or no experts though they were asked for.
    """
    torch, peft = require("torch", "llm"), require("peft", "llm")
    if resumed is not None:
        with quiet():
            return peft.PeftModel.from_pretrained(model, resumed, is_trainable=True)
    modules = ",".join(lora_targets(model, lora.lora_target_modules))
    asked = Lora(lora_r=lora.lora_r, lora_alpha=lora.lora_alpha)
    config = lora_config(replace(asked, lora_target_modules=modules), model, base, dropout=dropout)
    if experts:
        config.target_parameters = _experts(model)
    model.name_or_path = base  # which is what the adapter then names
    meta = next(model.parameters()).device.type == "meta"
    with torch.random.fork_rng(devices=[]), quiet():
        torch.manual_seed(int(rng_for(seed, "adapter").integers(2**31)))
        return peft.get_peft_model(model, config, low_cpu_mem_usage=meta)


def checkpoint(model: Any) -> None:
    """Have a model keep little of its forward pass in training, and compute it again.

    Raises:
        ConfigError: If its architecture cannot.
    """
    if not getattr(model, "supports_gradient_checkpointing", False):
        raise ConfigError(
            f"{type(model).__name__} has no gradient checkpointing. Leave gradient_checkpointing "
            "out, and give fewer facts or a smaller batch."
        )
    with quiet():
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})


def _experts(model: Any) -> list[str]:
    found = expert_parameters(model)
    if not found:
        raise ConfigError(
            f"{type(model).__name__} has no routed experts; leave lora_experts out: MLPs that are "
            "modules are among lora_target_modules."
        )
    return found
