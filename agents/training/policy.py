"""The model that is trained: loaded as the device allows, with LoRA or without, and saved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from ...errors import ConfigError, require
from ...files import atomic_write, parse_json, read_text
from ..llm.call_state import forget_calls
from ..llm.loading import ADAPTER, check_model, is_adapter, load_model
from ..llm.quiet import quiet
from .choices import Precision

_SETS = ("target_modules", "exclude_modules")


class Policy(NamedTuple):
    """A model to train."""

    model: Any
    tokenizer: Any
    adapter: Any
    """The configuration of LoRA; None where all weights are trained."""
    precision: Precision
    """The numbers it computes with: never auto."""


class LoraSettings(Protocol):
    """What says how an adapter is made: the settings of any learner that has these."""

    @property
    def lora_r(self) -> int:
        """The rank."""

    @property
    def lora_alpha(self) -> int:
        """By its ratio to the rank the adapter's part is multiplied."""

    @property
    def lora_target_modules(self) -> str:
        """Modules by comma, or all-linear."""


class PolicySettings(LoraSettings, Protocol):
    """What says which model is trained, and how it is kept."""

    @property
    def model_name(self) -> str:
        """A folder, or a name at the hub."""

    @property
    def precision(self) -> Precision:
        """The numbers that were asked for."""

    @property
    def lora_dropout(self) -> float:
        """The share of what goes into the adapter that is dropped in training."""


def load_policy(settings: PolicySettings) -> Policy:
    """Load the model of a run.

    Numbers of half the size are used where the device has them. LoRA's base is kept in them; where
    all weights are trained they stay in float32 and only the computation is halved.

    Raises:
        ConfigError: If there is no such model, or it has no such modules.
    """
    folder = check_model(settings.model_name)
    precision = precision_here(settings.precision)
    kept = precision if settings.lora_r else "float32"
    model, tokenizer = load_model(folder, dtype=kept, device="cpu")  # the trainer moves it
    forget_calls(tokenizer)  # the trainer saves it as well
    adapter = None
    if settings.lora_r:
        # A name holds elsewhere too, a folder of this machine's cache does not.
        base = str(folder) if Path(settings.model_name).is_dir() else settings.model_name
        model.name_or_path = base  # which is what the adapter then names
        adapter = lora_config(settings, model, base, dropout=settings.lora_dropout)
    return Policy(model, tokenizer, adapter, precision)


def precision_here(asked: Precision) -> Precision:
    """Return the numbers to compute with: bfloat16 or else float16 on a GPU, float32 elsewhere.

    Raises:
        ConfigError: If float16 was asked for where there is no GPU.
    """
    torch = require("torch", "llm")
    on_gpu = bool(torch.cuda.is_available())
    if asked == "float16" and not on_gpu:
        raise ConfigError("precision=float16 needs a GPU. Give float32, bfloat16 or auto.")
    if asked != "auto":
        return asked
    if not on_gpu:
        return "float32"
    native = torch.cuda.get_device_capability() >= (8, 0)  # older ones only emulate bfloat16
    return "bfloat16" if native else "float16"


def lora_config(settings: LoraSettings, model: Any, base: str, *, dropout: float = 0.0) -> Any:
    """Return the configuration of LoRA (Hu et al., arXiv 2106.09685).

    Args:
        settings: How large the adapter is, and of which modules.
        model: What it is put on.
        base: Where that lies.
        dropout: The share of what goes into the adapter that is dropped in training. Reinforcement
            learning wants none: its ratios are of two passes of one policy.

    Raises:
        ConfigError: If the model has none of the modules.
    """
    asked = settings.lora_target_modules
    modules: str | list[str] = asked
    if asked != "all-linear":
        modules = [name.strip() for name in asked.split(",") if name.strip()]
        check_modules(model, modules)
    return require("peft", "llm").LoraConfig(
        r=settings.lora_r,
        lora_alpha=settings.lora_alpha,
        lora_dropout=dropout,
        target_modules=modules,
        bias="none",
        task_type="CAUSAL_LM",
        base_model_name_or_path=base,
    )


def check_modules(model: Any, modules: Sequence[str]) -> None:
    """Refuse modules that the model does not have.

    Raises:
        ConfigError: If one is missing; the message lists what there is.
    """
    torch = require("torch", "llm")
    linear = {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear)
    } - {"lm_head"}
    missing = [name for name in modules if name not in linear]
    if missing or not modules:
        raise ConfigError(
            f"lora_target_modules has {', '.join(missing) or 'nothing'}, which this model has not; "
            f"it has: {', '.join(sorted(linear))}. Or give all-linear."
        )


def save_policy(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write a model, or its adapter, and its tokenizer, in safetensors."""
    card = folder / "README.md"
    had_card = card.exists()
    forget_calls(tokenizer)
    with quiet():
        model.save_pretrained(folder, safe_serialization=True)
        tokenizer.save_pretrained(folder)
    settle(folder)
    if not had_card:  # a library's form, with nothing filled in
        card.unlink(missing_ok=True)


def settle(folder: Path) -> None:
    """Have what libraries wrote be the same in every process.

    PEFT writes the modules of an adapter in the order of a set, which differs from process to
    process; the trainer of transformers pickles its arguments, which nothing of ours reads.
    """
    (folder / "training_args.bin").unlink(missing_ok=True)
    if not is_adapter(folder):
        return
    config = parse_json(read_text(folder / ADAPTER), str(folder / ADAPTER))
    ordered = {
        key: sorted(value) if key in _SETS and isinstance(value, list) else value
        for key, value in config.items()
    }
    with atomic_write(folder / ADAPTER) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(ordered)))


def merge_adapter(folder: Path) -> None:
    """Replace an adapter by whole weights, so that the folder needs no other.

    A kill on the way loses nothing: the weights come first, then the file goes that makes the folder
    an adapter's, and last what it was made of.
    """
    if is_adapter(folder):
        model, _ = load_model(folder, device="cpu")
        model.save_pretrained(folder, safe_serialization=True)
        (folder / ADAPTER).unlink()
    (folder / "adapter_model.safetensors").unlink(missing_ok=True)
