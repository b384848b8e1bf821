"""One iteration of PPO by a model of random weights, and the most memory that it took.

Three turns are played and one minibatch learnt, all rows as long as the settings allow: the second
turn goes on from the first, and the third has prompts of which nothing is remembered. On a GPU the
library's own count is read; elsewhere the process's memory, for which the process must be a fresh
one: `ppo_memory` starts it.

    python -m hopgym.benchmarks.ppo_iteration < PLAN.json
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ..agents.llm.sampling import Sampling
from ..agents.llm.transformers_generator import TransformersGenerator
from ..agents.ppo.actor import Actor
from ..agents.ppo.learner import Learner
from ..agents.ppo.likelihood import AT_ONCE
from ..agents.ppo.memory import Shape
from ..agents.ppo.policy import recompute
from ..agents.ppo.samples import Sample
from ..agents.ppo.settings import PPOSettings
from ..agents.training.policy import lora_config
from ..errors import ConfigError, require
from ..seeding import rng_for
from .speed.rollout import make_tokenizer

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is measured."""

    shape: Shape
    settings: PPOSettings
    actions: int
    """Of each row that is learnt from: its last tokens."""
    logits_at_once: int = AT_ONCE
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Peaks:
    """Bytes, beyond what there was before the model."""

    play: int
    learn: int
    reserved: int = 0
    """On a GPU: what the library holds of the device, with what is split and cannot be used."""
    device: int = 0
    """On a GPU: what is gone of the device in all, the driver's context and other programs too."""


class ProcessMemory:
    """The memory of this process, as Linux counts it.

    Raises:
        ConfigError: Where that cannot be read.
    """

    def __init__(self) -> None:
        if not _FORGET.exists():
            raise ConfigError(
                "The memory of a process is read from /proc, which is Linux's. Measure on Linux or "
                "on a GPU of CUDA; the calculation works anywhere."
            )
        self._before = _process("VmRSS")

    def peak(self, work: Callable[[], object]) -> int:
        """Return the most bytes that are held while something is done."""
        _FORGET.write_text("5")  # the peak becomes what is held now: proc_pid_clear_refs(5)
        work()
        return _process("VmHWM") - self._before


class GpuMemory:
    """The memory of a GPU, as torch counts it."""

    def __init__(self) -> None:
        self._cuda = require("torch", "llm").cuda

    def peak(self, work: Callable[[], object]) -> int:
        """Return the most bytes that are held while something is done."""
        self._cuda.reset_peak_memory_stats()
        work()
        return int(self._cuda.max_memory_allocated())

    def reserved(self) -> tuple[int, int]:
        """Return the most that the library took of the device, and what is gone of it now."""
        free, total = self._cuda.mem_get_info()
        return int(self._cuda.max_memory_reserved()), int(total - free)


class Iteration:
    """An iteration.

    Args:
        plan: What is played and learnt.
    """

    def __init__(self, plan: Plan) -> None:
        torch = require("torch", "llm")
        self.plan = plan
        self.settings = settings = plan.settings
        half = None if settings.precision == "float32" else getattr(torch, settings.precision)
        model = make_model(plan.shape, settings, plan.device)
        self.actor = Actor(
            model.train(settings.gradient_checkpointing),
            values=settings.algorithm == "ppo",
            reference="adapter",
            shared=settings.shared_value,
            half=half,
            logits_at_once=plan.logits_at_once,
        )
        self.learner = Learner(self.actor, settings, updates=1)

    def play(self) -> None:
        """Play three turns."""
        settings = self.settings
        most, rows = settings.max_new_tokens, settings.num_envs
        generator = TransformersGenerator(
            self.actor.model, make_tokenizer(), Sampling(max_new_tokens=most),
            context=settings.context,
        )  # fmt: skip
        room = settings.context - most
        prompts = [self._tokens(room // 2, "first", row) for row in range(rows)]
        rngs = [rng_for(0, "drawn", row) for row in range(rows)]
        written = generator.generate(prompts, rngs)
        longer = [
            [*prompt, *new.ids, *self._tokens(room - len(prompt) - len(new.ids), "more", row)]
            for row, (prompt, new) in enumerate(zip(prompts, written, strict=True))
        ]
        generator.generate(longer, rngs)
        generator.generate([self._tokens(room, "other", row) for row in range(rows)], rngs)

    def learn(self) -> None:
        """Make an update of as many rows as are read at once, and one more."""
        settings = self.settings
        rows = max(1, settings.batch_tokens // settings.context) + 1
        self.learner.learn([self._sample(row) for row in range(rows)], 0)

    def _sample(self, row: int) -> Sample:
        ids = self._tokens(self.settings.context, "row", row)
        actions = min(self.plan.actions, len(ids) - 1)
        ends = np.zeros(actions, bool)
        ends[-1] = True
        return Sample(
            group=str(row),
            ids=ids,
            places=np.arange(len(ids) - actions, len(ids)),
            ends=ends,
            rewards=ends * float(row),
            logprobs=np.full(actions, -1.0),
        )

    def _tokens(self, count: int, *path: str | int) -> list[int]:
        rng = rng_for(0, *path)
        return [
            int(token) for token in rng.integers(self.plan.shape.vocabulary, size=max(1, count))
        ]


def make_model(shape: Shape, settings: PPOSettings, device: str) -> Any:
    """Return a Qwen2 of random weights with an adapter, as a training has it."""
    torch, transformers = require("torch", "llm"), require("transformers", "llm")
    peft = require("peft", "llm")
    config = transformers.Qwen2Config(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.feed_forward,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        max_position_embeddings=32_768,
        tie_word_embeddings=shape.tied,
        bos_token_id=None,
        eos_token_id=None,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = transformers.Qwen2ForCausalLM(config)
        model = model.to(device, getattr(torch, settings.precision))
        model = peft.get_peft_model(model, lora_config(settings, model, ""))
    if settings.gradient_checkpointing:
        recompute(model)
    return model


def measure(plan: Plan) -> Peaks:
    """Play and learn; return the peaks."""
    _warm_up(plan.device)
    memory = GpuMemory() if plan.device == "cuda" else ProcessMemory()
    iteration = Iteration(replace(plan, settings=replace(plan.settings, epochs=1, minibatches=1)))
    peaks = Peaks(memory.peak(iteration.play), memory.peak(iteration.learn))
    if isinstance(memory, GpuMemory):
        return Peaks(peaks.play, peaks.learn, *memory.reserved())
    return peaks


def _warm_up(device: str) -> None:
    """Let the library set up what it keeps for good, so that it's not taken for the model's."""
    torch = require("torch", "llm")
    torch.set_num_threads(1)
    for name in ("transformers", "peft"):
        require(name, "llm")
    make_tokenizer()
    states = torch.ones(64, 64, device=device, requires_grad=True)
    (states @ states).sum().backward()


def _process(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", _STATUS.read_text())
    return 1024 * int(found[1]) if found else 0


def main() -> None:
    """Read a plan from standard input, and write its peaks."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.write(msgspec.json.encode(asdict(measure(plan))).decode())


if __name__ == "__main__":
    main()
