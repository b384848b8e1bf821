"""Memory: what an iteration of PPO with LoRA holds at its worst moments, calculated.

A decoder as Qwen2 and Llama are: gated feed-forward, grouped heads, RMS norms, attention that never
holds a whole matrix. Five moments are candidates for the peak; for each, what is held is added up,
with the longest rows that the settings allow. `docs/ppo.md` has the table for the preset of 4 GB, and
how far measurements are from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...errors import ConfigError
from .likelihood import AT_ONCE
from .settings import PPOSettings

_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The sizes of a model."""

    vocabulary: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward: int
    tied: bool = True
    """Whether the output layer's weights are those of the embeddings."""
    biased: bool = True
    """Whether queries, keys and values have a bias."""

    @classmethod
    def of(cls, config: Any) -> Shape:
        """Return the shape of a model of the library transformers, from its configuration."""
        return cls(
            vocabulary=config.vocab_size,
            width=config.hidden_size,
            layers=config.num_hidden_layers,
            heads=config.num_attention_heads,
            kv_heads=config.num_key_value_heads,
            feed_forward=config.intermediate_size,
            tied=config.tie_word_embeddings,
            biased=config.model_type == "qwen2",
        )

    @property
    def kv_width(self) -> int:
        """Numbers of a token's keys in a layer; its values are as many."""
        return self.width // self.heads * self.kv_heads

    @property
    def modules(self) -> dict[str, tuple[int, int]]:
        """The matrices of a layer: what goes in and what comes out."""
        width, kv, inner = self.width, self.kv_width, self.feed_forward
        return {
            "q_proj": (width, width), "k_proj": (width, kv), "v_proj": (width, kv),
            "o_proj": (width, width), "gate_proj": (width, inner), "up_proj": (width, inner),
            "down_proj": (inner, width),
        }  # fmt: skip

    @property
    def parameters(self) -> int:
        """All weights.

        >>> QWEN_05B.parameters
        494032768
        """
        matrices = sum(into * out for into, out in self.modules.values())
        biases = (self.width + 2 * self.kv_width) * self.biased
        embeddings = self.vocabulary * self.width * (1 if self.tied else 2)
        return embeddings + self.layers * (matrices + biases + 2 * self.width) + self.width

    def adapter(self, rank: int, modules: Sequence[str]) -> int:
        """Return how many weights a LoRA adapter has.

        Raises:
            ConfigError: If there is no such module.
        """
        if unknown := sorted(set(modules) - set(self.modules)):
            raise ConfigError(
                f"A layer has no {', '.join(unknown)}; it has {', '.join(self.modules)}."
            )
        return self.layers * sum(rank * sum(self.modules[name]) for name in modules)


QWEN_05B = Shape(vocabulary=151_936, width=896, layers=24, heads=14, kv_heads=2, feed_forward=4_864)
"""Qwen2.5-0.5B."""


class Item(NamedTuple):
    """Something that is held."""

    name: str
    bytes: int
    moved_by: str = ""
    """The settings that it grows with."""


class Moment(NamedTuple):
    """A moment of an iteration, and what is held then."""

    name: str
    items: list[Item]

    @property
    def bytes(self) -> int:
        """All of it."""
        return sum(item.bytes for item in self.items)


class Calculation:
    """What is held at each moment.

    Args:
        shape: The model's.
        settings: Of the training; `model_name` plays no part.
        actions: Actions in what is read at once; None for every token, which is more than can be.
        logits_at_once: As of the [`Actor`][hopgym.agents.ppo.actor.Actor].

    Raises:
        ConfigError: If the settings have no LoRA, no context or no certain precision, all of which
            the calculation needs.
    """

    def __init__(
        self,
        shape: Shape,
        settings: PPOSettings,
        *,
        actions: int | None = None,
        logits_at_once: int = AT_ONCE,
    ) -> None:
        if not settings.lora_r or not settings.context or settings.precision not in _BYTES:
            raise ConfigError(
                "Memory is calculated for LoRA, for a given context and for a certain precision: "
                f"lora_r is {settings.lora_r}, context {settings.context}, precision "
                f"{settings.precision!r}. Give lora_r=8, context=2048 and precision=float16, say."
            )
        self.shape = shape
        self.settings = settings
        self.size = _BYTES[settings.precision]
        self.tokens = max(settings.batch_tokens, settings.context)  # a row is never cut
        self.actions = self.tokens if actions is None else actions
        self.chunk = min(self.actions, max(1, logits_at_once // shape.vocabulary))
        self.prompt = settings.context - settings.max_new_tokens

    @property
    def moments(self) -> list[Moment]:
        """All moments."""
        fixed = self.fixed()
        return [
            Moment("play: prompts are read", [*fixed, *self.reading()]),
            Moment("play: a turn ends", [*fixed, *self.ending()]),
            Moment("learn: old log-probabilities", [*fixed, *self.looking()]),
            Moment("learn: gradient of logits", [*fixed, *self.forward(), *self.logits()]),
            Moment("learn: gradient of a layer", [*fixed, *self.forward(), *self.layer()]),
        ]

    @property
    def peak(self) -> Moment:
        """The worst of them."""
        return max(self.moments, key=lambda moment: moment.bytes)

    def fixed(self) -> list[Item]:
        """Return what is always held: weights, and what Adam keeps of those that are trained."""
        settings, width = self.settings, self.shape.width
        modules = _modules(settings.lora_target_modules, self.shape)
        adapter = self.shape.adapter(settings.lora_r, modules)
        head = width * width + 2 * width + 1 if settings.algorithm == "ppo" else 0
        return [
            Item("weights", self.shape.parameters * self.size, "precision"),
            Item("adapter, its gradient and Adam's means", 16 * adapter, "lora_r"),
            Item("value head, the same", 16 * head),
        ]

    def reading(self) -> list[Item]:
        """Return what is held where nothing of the prompts is remembered."""
        shape, rows = self.shape, self.settings.num_envs
        tokens = rows * self.prompt
        inner = tokens * (3 * shape.feed_forward + 3 * shape.width) * self.size
        mask = rows * self.prompt**2 * (1 + (self.size if self.size == 2 else 0))
        return [
            *self._kept(1, self.settings.context),
            Item("keys and values that are read", self._cache(tokens), "num_envs, context"),
            Item("a layer's activations", inner, "num_envs, context"),
            Item("the mask", mask, "num_envs, context"),
        ]

    def ending(self) -> list[Item]:
        """Return what is held when all rows end: what was kept, what is written, and its copy."""
        return self._kept(3, self.settings.context)

    def looking(self) -> list[Item]:
        """Return what is held where rows are read without a gradient."""
        shape = self.shape
        inner = self.tokens * (3 * shape.feed_forward + 3 * shape.width) * self.size
        logits = self._logits(self.chunk)
        return [Item("a layer's activations, or logits", max(inner, logits), "batch_tokens")]

    def forward(self) -> list[Item]:
        """Return what the forward pass leaves for the backward pass, the logits aside."""
        shape, tokens = self.shape, self.tokens
        begun = tokens * shape.width * self.size
        ended = tokens * shape.width * (4 + self.size) + self.actions * shape.width * 12
        if self.settings.gradient_checkpointing:
            kept = Item("what each layer began with", shape.layers * begun, "batch_tokens")
        else:
            kept = Item("activations of all layers", shape.layers * self._saved(), "batch_tokens")
        return [kept, Item("the last states", ended, "batch_tokens")]

    def logits(self) -> list[Item]:
        """Return what the gradient of the actions' logits holds, as many as are held at once."""
        return [Item("logits, log-probabilities, gradients", self._logits(self.chunk))]

    def layer(self) -> list[Item]:
        """Return what the gradient of a layer holds: its activations, if they were made again."""
        shape, tokens = self.shape, self.tokens
        # Of the product in the feed-forward, its two factors, and the state that it was added to.
        gradients = tokens * (3 * shape.feed_forward + shape.width) * self.size
        again = self._saved() if self.settings.gradient_checkpointing else 0
        return [
            Item("a layer's activations, made again", again, "batch_tokens"),
            Item("their gradients", gradients, "batch_tokens"),
        ]

    def _saved(self) -> int:
        """Return the bytes that a layer keeps for its gradient.

        Frozen matrices keep nothing of what goes in. There are the gate, what came of it, and what
        it is multiplied by; queries, keys, values and the attention's result; the adapter's input;
        and what the norms began with, in 32 bits. With 16-bit numbers each adapted matrix has an
        input of its own, and the norms a copy.
        """
        shape = self.shape
        modules = _modules(self.settings.lora_target_modules, shape)
        attention = 2 * shape.width + 2 * shape.kv_width
        numbers = 3 * shape.feed_forward + attention
        inputs = len(modules) if self.size == 2 else 1
        norms = 8 if self.size == 2 else 4  # of the two, one began with what is kept anyway
        if self.size == 4 and not self.settings.gradient_checkpointing:
            norms = 8
        return self.tokens * ((numbers + inputs * shape.width) * self.size + norms * shape.width)

    def _logits(self, actions: int) -> int:
        """Return the bytes of logits and what is made of them: three copies, the first of 16 bits."""
        return actions * self.shape.vocabulary * (8 + self.size)

    def _cache(self, tokens: int) -> int:
        return tokens * 2 * self.shape.layers * self.shape.kv_width * self.size

    def _kept(self, copies: int, tokens: int) -> list[Item]:
        held = copies * self._cache(self.settings.num_envs * tokens)
        name = "keys and values that are kept" + (f", {copies} times" if copies > 1 else "")
        return [Item(name, held, "num_envs, context")]


def _modules(told: str, shape: Shape) -> list[str]:
    if told == "all-linear":
        return list(shape.modules)
    return [name.strip() for name in told.split(",") if name.strip()]
