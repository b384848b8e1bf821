"""What a generator needs before anything of it is downloaded: `hopgym train drag --plan`.

The model is built on the meta device, where weights have a shape and no memory, and gets its adapter
there. Parameters are counted, and what training keeps of a forward pass is measured (`activations`).
So the figures are of the code that would run, and no formula of an architecture is kept here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import ConfigError, require
from ...retrieval.encoders.models import SAFE, model_folder
from ..llm.quiet import quiet
from ..training.policy import LoraSettings
from .activations import measure
from .adapting import Lora, adapt
from .hybrids import mamba_path
from .lora_targets import experts_note, lora_targets

NEMOTRON = ("unsloth/Nemotron-3-Nano-30B-A3B", "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16")
"""Names of the 30B model at the hub, whose shape is written out below and needs no download."""

_NEMOTRON: dict[str, Any] = {
    # 23 Mamba-2, 23 mixtures of experts, 6 attention.
    "hybrid_override_pattern": "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME",
    "vocab_size": 131072, "hidden_size": 2688, "max_position_embeddings": 262144,
    "num_attention_heads": 32, "num_key_value_heads": 2, "head_dim": 128,
    "mamba_num_heads": 64, "mamba_head_dim": 64, "ssm_state_size": 128, "n_groups": 8,
    "conv_kernel": 4, "chunk_size": 128,
    "n_routed_experts": 128, "num_experts_per_tok": 6, "routed_scaling_factor": 2.5,
    "moe_intermediate_size": 1856, "moe_shared_expert_intermediate_size": 3712,
    "intermediate_size": 1856,
}  # fmt: skip

_BFLOAT16, _FLOAT32 = 2, 4  # bytes


class Counts(NamedTuple):
    """Parameters."""

    total: int
    """Without an adapter's."""
    active: int
    """Those of them that a token passes: of routed experts the chosen ones, and no embeddings."""
    embeddings: int
    trainable: int


class Need(NamedTuple):
    """Bytes of a step of training, beside the weights, the adapter and its optimizer."""

    batch: int
    length: int
    """Tokens of a prompt, the vectors counted."""
    kept: int
    checkpointed: int
    """With gradient checkpointing."""


class Plan(NamedTuple):
    """What a generator needs."""

    model: str
    modules: tuple[str, ...]
    """What LoRA is put on."""
    counts: Counts
    needs: tuple[Need, ...]
    note: str | None
    """What of it stays as it is."""

    @property
    def weights(self) -> int:
        """Bytes of the weights: bfloat16 under an adapter, else float32 to be trained."""
        return self.counts.total * (_BFLOAT16 if self.modules else _FLOAT32)

    @property
    def training(self) -> int:
        """Bytes of what is trained: an adapter in float32, the gradients, and AdamW's two means."""
        own = 1 if self.modules else 0
        return (3 + own) * _FLOAT32 * self.counts.trainable

    @property
    def fixed(self) -> int:
        """Bytes of all that does not depend on the batch."""
        return self.weights + self.training


def make_plan(
    model: str | Path = NEMOTRON[0],
    *,
    lora: LoraSettings | None = None,
    batches: Sequence[int] = (1, 4, 16),
    lengths: Sequence[int] = (512, 2048),
) -> Plan:
    """Return what a generator needs to be trained.

    Args:
        model: A folder with a config.json, a name at the hub, or one of `NEMOTRON`.
        lora: The adapter; None for the usual one.
        batches: Questions at once.
        lengths: Tokens of a prompt.

    Raises:
        ConfigError: If there is no such model, or LoRA finds no modules in it.
    """
    torch, library = require("torch", "llm"), require("transformers", "llm")
    lora = lora or Lora()
    config = config_of(model)
    with torch.device("meta"), quiet():
        built = library.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    note = experts_note(built) if lora.lora_r else None
    modules: tuple[str, ...] = ()
    if lora.lora_r:
        modules = tuple(lora_targets(built, lora.lora_target_modules))
        adapt(built, lora, base=str(model))  # puts the adapter into the model itself
    counts = count(built)
    ones = {length: measure(built, length) for length in lengths}
    needs = tuple(
        Need(batch, length, *(batch * each for each in one))
        for length, one in ones.items()
        for batch in batches
    )
    return Plan(str(model), modules, counts, needs, note)


def config_of(model: str | Path) -> Any:
    """Return a model's configuration, that of the 30B model from here.

    Raises:
        ConfigError: If there is none.
    """
    library = require("transformers", "llm")
    if str(model) in NEMOTRON and not Path(model).is_dir():
        return library.NemotronHConfig(**_NEMOTRON)
    folder = model_folder(model)
    try:
        return library.AutoConfig.from_pretrained(folder, **SAFE)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"{folder} has no configuration of a language model ({error!s:.200}). Give the folder "
            "that `save_pretrained` wrote."
        ) from error


def count(model: Any) -> Counts:
    """Count the parameters of a causal language model, with an adapter or without."""
    config = model.config.get_text_config()
    chosen = getattr(config, "num_experts_per_tok", None) or 0
    embeddings = model.get_input_embeddings().weight
    head = model.get_output_embeddings()
    tied = head is not None and head.weight is embeddings
    total = active = trainable = 0
    for name, weights in model.named_parameters():
        number = weights.numel()
        trainable += number if weights.requires_grad else 0
        if ".lora_" in name:
            continue
        total += number
        if weights is embeddings and not tied:
            continue
        routed = ".experts." in name and weights.dim() == 3
        active += number * chosen // weights.shape[0] if routed else number
    return Counts(total, active, embeddings.numel(), trainable)


def show_plan(
    model: str | Path = NEMOTRON[0], *, lora: LoraSettings | None = None, console: Any = None
) -> None:
    """Print what a generator needs to be trained.

    Args:
        model: As of `make_plan`.
        lora: The adapter; None for the usual one.
        console: Rich's; None for the terminal.

    Raises:
        ConfigError: As of `make_plan`.
    """
    print_plan(make_plan(model, lora=lora), console)


def plan_tables(plan: Plan) -> tuple[Any, Any]:
    """Return a plan as two tables of rich: the parameters, and the memory by batch and length."""
    from rich.table import Table

    parts = Table("part", "size", title=f"{plan.model}: what training it needs")
    counts = plan.counts
    parts.add_row("parameters", _number(counts.total))
    parts.add_row("- that a token passes", _number(counts.active))
    parts.add_row("- of the embeddings", _number(counts.embeddings))
    parts.add_row("trained", _number(counts.trainable))
    parts.add_row("LoRA on", ", ".join(plan.modules) or "nothing: all weights are trained")
    parts.add_section()
    parts.add_row(f"weights, {'bfloat16' if plan.modules else 'float32'}", _bytes(plan.weights))
    what = "adapter, gradients and AdamW" if plan.modules else "gradients and AdamW"
    parts.add_row(f"{what}, float32", _bytes(plan.training))
    whole = Table("batch", "tokens", "in all", "with checkpointing", title="memory of a step")
    for need in plan.needs:
        sizes = (_bytes(plan.fixed + each) for each in (need.kept, need.checkpointed))
        whole.add_row(str(need.batch), str(need.length), *sizes)
    return parts, whole


def print_plan(plan: Plan, console: Any = None) -> None:
    """Print a plan, and what it leaves out.

    Args:
        plan: The plan.
        console: Rich's; None for the terminal.
    """
    from rich.console import Console

    console = console or Console()
    for table in plan_tables(plan):
        console.print(table)
    for line in (
        plan.note,
        mamba_path(),
        "Mamba layers are counted as plain torch computes them; kernels keep less. The retriever, "
        "the projector and what the libraries set aside come on top.",
    ):
        if line:
            console.print(line, highlight=False, soft_wrap=True)


def _number(count: int) -> str:
    return f"{count / 1e9:.2f} B" if count >= 1e9 else f"{count / 1e6:.2f} M"


def _bytes(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.1f} MiB"
