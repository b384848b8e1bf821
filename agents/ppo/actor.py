"""The actor: a causal language model that says how likely its actions were, and what it expects.

Works with any model of the library transformers. The last hidden states are taken where they enter
the output layer, and only those that stand before an action are let through, so that logits of a
large vocabulary are made for actions alone; of very many, for some at a time (`likelihood.py`). Rows
are padded on the right, where nothing that counts sees it. Knows neither rewards nor optimizers.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np

from ...errors import ConfigError, require
from ...seeding import rng_for
from .likelihood import AT_ONCE, Likelihood, ends_with_layer, likelihood, likelihood_in_chunks
from .objective import Tensor
from .samples import Floats, Sample

Reference = Literal["adapter", "copy", "none"]


class Reading(NamedTuple):
    """What the actor says of a batch's actions; tensors `[actions]`, rows one after the other."""

    logprobs: Tensor
    entropies: Tensor
    """Of the distribution that each was drawn from; without gradients, unless asked for."""
    values: Tensor
    """What was expected before each; zeros where there is no value head."""


class Actor:
    """A model that is trained, its value head and its reference.

    Args:
        model: A causal language model, with a LoRA adapter or without.
        values: Whether it has a value head.
        reference: What the policy is kept near. `adapter`: the model without its adapter, at no
            memory; `copy`: a copy of the model as it is now; `none`.
        shared: Whether the value's error trains the model too, or its head alone.
        half: The numbers of 16 bits that matrices are multiplied in; None for those of the weights.
        seed: Of the head's weights.
        logits_at_once: Numbers of logits that are held at once, where the model allows it; what
            goes beyond is read in chunks, with the same result.

    Raises:
        ConfigError: If the adapter is to be the reference and there is none.
    """

    def __init__(
        self,
        model: Any,
        *,
        values: bool = True,
        reference: Reference = "none",
        shared: bool = True,
        half: Any = None,
        seed: int = 0,
        logits_at_once: int = AT_ONCE,
    ) -> None:
        if reference == "adapter" and not hasattr(model, "disable_adapter"):
            raise ConfigError(
                "The reference is the model without its adapter, and this model has no adapter. "
                "Train with LoRA, or give reference=copy."
            )
        still(model)
        self.model = model
        self.head = _value_head(model, seed) if values else None
        self._reference_kind = reference
        self._copy = _frozen(model) if reference == "copy" else None
        self._shared = shared
        self._half = half
        self._at_once = logits_at_once

    @property
    def device(self) -> Any:
        """Where the model is."""
        return next(self.model.parameters()).device

    @property
    def has_reference(self) -> bool:
        """Whether there is something that the policy is kept near."""
        return self._reference_kind != "none"

    def parameters(self) -> list[Any]:
        """Return the model's weights that are trained."""
        return [weights for weights in self.model.parameters() if weights.requires_grad]

    def head_parameters(self) -> list[Any]:
        """Return the value head's weights."""
        return list(self.head.parameters()) if self.head is not None else []

    def read(self, samples: Sequence[Sample], *, entropy_gradient: bool = False) -> Reading:
        """Read rows, with gradients where torch records them."""
        likely, hidden = self._forward(self.model, samples, entropy_gradient)
        return Reading(*likely, self._expected(hidden))

    def reference_logprobs(self, samples: Sequence[Sample]) -> Tensor:
        """Return the log-probabilities of the actions under the reference.

        Raises:
            ConfigError: If there is none.
        """
        torch = require("torch", "llm")
        if not self.has_reference:
            raise ConfigError("There is no reference. Give reference=adapter or reference=copy.")
        model = self._copy if self._copy is not None else self.model
        off = nullcontext() if self._copy is not None else self.model.disable_adapter()
        with torch.no_grad(), off:
            return self._forward(model, samples)[0].logprobs

    def _forward(
        self, model: Any, samples: Sequence[Sample], entropy_gradient: bool = False
    ) -> tuple[Likelihood, Tensor]:
        """Return how likely the actions are, and the states before them, `[actions, width]`."""
        torch = require("torch", "llm")
        ids, rows, columns = (
            torch.as_tensor(array, device=self.device) for array in _padded(samples)
        )
        layer, targets = model.get_output_embeddings(), self._targets(samples)
        chunk = max(1, self._at_once // layer.weight.shape[0])
        whole = len(targets) <= chunk or not self._chunks
        with self._autocast():
            with _only(layer, rows, columns, through=whole) as seen:
                logits = model(input_ids=ids, use_cache=False).logits
            hidden = seen[0]
            if not whole:
                likely = likelihood_in_chunks(
                    layer, hidden, targets, chunk, entropy_gradient=entropy_gradient
                )
                return likely, hidden
        return likelihood(logits, targets, entropy_gradient=entropy_gradient), hidden

    @cached_property
    def _chunks(self) -> bool:
        """Whether chunks can be read: the output layer is where the model ends."""
        with self._autocast():
            return ends_with_layer(self.model)

    def _targets(self, samples: Sequence[Sample]) -> Tensor:
        torch = require("torch", "llm")
        targets = [target for sample in samples for target in sample.targets]
        return torch.as_tensor(targets, device=self.device)

    def _expected(self, hidden: Tensor) -> Tensor:
        torch = require("torch", "llm")
        if self.head is None:
            return torch.zeros(len(hidden), device=hidden.device)
        states = hidden if self._shared else hidden.detach()
        return self.head(states.float())[:, 0]

    def _autocast(self) -> Any:
        torch = require("torch", "llm")
        if self._half is None:
            return nullcontext()
        return torch.autocast(self.device.type, self._half)


def split(samples: Sequence[Sample], flat: Tensor) -> Iterator[tuple[Sample, Floats]]:
    """Yield each sample with its part of what was read of all."""
    numbers = flat.detach().double().cpu().numpy()
    places = np.cumsum([len(sample) for sample in samples])[:-1]
    yield from zip(samples, np.split(numbers, places), strict=True)


def still(model: Any) -> None:
    """Switch off dropout for good: the policy that plays and the one that learns are one.

    A model may then be in training mode, which gradient checkpointing needs.
    """
    torch = require("torch", "llm")
    for module in model.modules():
        if isinstance(module, torch.nn.modules.dropout._DropoutNd):
            module.p = 0.0
        for name in ("attention_dropout", "dropout", "dropout_p"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)


@contextmanager
def _only(layer: Any, rows: Tensor, columns: Tensor, *, through: bool) -> Iterator[list[Tensor]]:
    """Let the states at these places alone into the output layer, or none; yield a list for them."""
    seen: list[Tensor] = []

    def choose(module: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
        seen.append(given[0][rows, columns])
        return (seen[0] if through else seen[0][:0], *given[1:])

    handle = layer.register_forward_pre_hook(choose)
    try:
        yield seen
    finally:
        handle.remove()


def _padded(samples: Sequence[Sample]) -> tuple[np.ndarray[Any, Any], ...]:
    """Return the rows, and the row and column of the state before each action."""
    longest = max(len(sample.ids) for sample in samples)
    ids = np.zeros((len(samples), longest), np.int64)
    for row, sample in enumerate(samples):
        ids[row, : len(sample.ids)] = sample.ids
    rows = np.repeat(np.arange(len(samples)), [len(sample) for sample in samples])
    columns = np.concatenate([sample.places for sample in samples]) - 1
    return ids, rows, columns


def _value_head(model: Any, seed: int) -> Any:
    """Return two layers that expect nothing at first."""
    torch = require("torch", "llm")
    width = model.get_output_embeddings().in_features
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng_for(seed, "value head").integers(2**31)))
        head = torch.nn.Sequential(
            torch.nn.Linear(width, width), torch.nn.Tanh(), torch.nn.Linear(width, 1)
        )
    torch.nn.init.zeros_(head[-1].weight)
    torch.nn.init.zeros_(head[-1].bias)
    return head.to(next(model.parameters()).device)


def _frozen(model: Any) -> Any:
    kept = copy.deepcopy(model).eval()
    return kept.requires_grad_(False)
