"""`llm`: any causal language model as an agent, batched over all episodes that run side by side.

It is asked anew in every turn and remembers nothing: the observation is the transcript. What it
samples follows the seed, the question and the step, so that it does not depend on which episodes
run side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from ...errors import ConfigError
from ...files import fingerprint as name_of
from ...seeding import rng_for
from ..base import Info
from ..games import check_text
from .generator import Generator, LateGenerator, forget
from .loading import Dtype, check_model, files_fingerprint, folders_of, load_model
from .prompts import PromptEncoder, Prompts, Style, stop_of
from .sampling import Sampling
from .transformers_generator import TransformersGenerator
from .vllm_generator import VLLMGenerator


class LLMAgent:
    """Plays with a generator.

    Args:
        generator: The model.
        prompts: How it is asked.
        name: What tables call it.
        fingerprint: Returns what tells it from another model or other settings.
    """

    def __init__(
        self,
        generator: Generator,
        prompts: Prompts | None = None,
        *,
        name: str = "llm",
        fingerprint: Callable[[], str] | None = None,
    ) -> None:
        self.generator = generator
        self.prompts = prompts or Prompts()
        self.name = name
        self._fingerprint = fingerprint
        self._seed = 0

    @cached_property
    def fingerprint(self) -> str:
        """What tells it from another model or other settings; empty where nobody said."""
        return self._fingerprint() if self._fingerprint else ""

    def reset(self, seed: int | None = None) -> None:
        """Take the seed of all that is sampled; the model may have been trained since."""
        self._seed = seed or 0
        forget(self.generator)

    def bind(self, env: Any) -> None:
        """Refuse an environment that shows arrays.

        Raises:
            AgentError: If it does.
        """
        check_text(self, env)

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Return the model's action for each observation, in one batch."""
        if not infos:
            return []
        prompts = [
            self._encoder.prompt(observation, info)
            for observation, info in zip(observations, infos, strict=True)
        ]
        rngs = [
            rng_for(self._seed, "llm", str(info.get("question_id", "")), int(info.get("step", 0)))
            for info in infos
        ]
        written = self.generator.generate(prompts, rngs, stop_of(infos[0]))
        begun = map(self._encoder.begun, observations, infos)
        return [start + each.text for start, each in zip(begun, written, strict=True)]

    @cached_property
    def _encoder(self) -> PromptEncoder:
        return PromptEncoder(self.generator.tokenizer, self.prompts)


def llm_agent(
    *,
    model: str | None = None,
    prompt: Style = "plain",
    instructions: bool | None = None,
    temperature: float = 0.0,
    top_p: float = 1.0,
    max_new_tokens: int = 256,
    batch_size: int | None = None,
    context: int | None = None,
    dtype: Dtype = "auto",
    device: str | None = None,
    engine: Literal["transformers", "vllm"] = "transformers",
    name: str | None = None,
) -> LLMAgent:
    """Make the agent of a model folder; the model is loaded when it first plays.

    Args:
        model: A folder with a causal language model or a LoRA adapter, or a name at the hub.
        prompt: `plain`, `chat` or `chat_whole`; see `Prompts`.
        instructions: Whether the grammar's instructions are shown; in chats they are, usually.
        temperature: 0 takes the likeliest token.
        top_p: How much of the probability is sampled from.
        max_new_tokens: The most that is written in a turn.
        batch_size: Episodes at once, at most.
        context: Tokens that the model reads; what it says itself, usually.
        dtype: Its numbers: `auto` as they were saved, `float32`, `bfloat16`, `float16`.
        device: Where, such as `cpu` or `cuda:1`; the best there is, usually.
        engine: What runs it.
        name: What tables call it; the folder's name, usually.

    Raises:
        ConfigError: If there is no such model, or a setting is not allowed.
    """
    if not model:
        raise ConfigError(
            "The agent 'llm' needs a model: write 'llm?model=FOLDER', with a folder that has a "
            "causal language model, or a name at the Hugging Face hub."
        )
    folder = check_model(model)
    sampling = Sampling(temperature=temperature, top_p=top_p, max_new_tokens=max_new_tokens)
    prompts = Prompts(style=prompt, instructions=instructions)
    settings = [prompts, sampling, context, dtype, engine]

    def load() -> Generator:
        if engine == "vllm":
            return VLLMGenerator(folder, sampling, context=context, dtype=dtype)
        loaded = load_model(folder, dtype=dtype, device=device)
        return TransformersGenerator(*loaded, sampling, batch_size=batch_size, context=context)

    return LLMAgent(
        LateGenerator(load),
        prompts,
        name=name or Path(model).resolve().name,
        # Only where it is asked for: the files of a large model take a while to read.
        fingerprint=lambda: name_of([*map(files_fingerprint, folders_of(folder)), *settings]),
    )
