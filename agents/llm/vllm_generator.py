"""Generation with vLLM, for GPUs: the same contract as `transformers_generator`.

vLLM batches by itself. Each prompt has a seed drawn from its own stream, and its log-probabilities
are vLLM's `raw_logprobs`: those of the model as it is, before temperature and nucleus. On vLLM's
side a sample may still vary with the batch by the rounding of its kernels. Tested here against a
stand-in for the library only, since no machine of the tests has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ConfigError, require
from .codec import TextCodec
from .generator import Finish, Generation
from .loading import ADAPTER, Dtype, is_adapter
from .prompt_room import fitted, prompt_room
from .sampling import Sampling
from .stops import Stop


class VLLMGenerator:
    """Generates with vLLM.

    Args:
        model: The folder of a model.
        sampling: How tokens are chosen.
        context: Tokens that the model reads; None for what its configuration says.
        dtype: The model's numbers.
        **engine: Further keywords of `vllm.LLM`, such as `tensor_parallel_size`.

    Raises:
        ConfigError: If the folder is an adapter, or a number leaves no room for a prompt.
        MissingExtraError: If vLLM is not installed.
    """

    def __init__(
        self,
        model: Path,
        sampling: Sampling | None = None,
        *,
        context: int | None = None,
        dtype: Dtype = "auto",
        **engine: Any,
    ) -> None:
        if is_adapter(model):
            raise ConfigError(
                f"{model} is an adapter ({ADAPTER}), which engine=vllm does not read here. Merge "
                "it into its base model and save that, or take engine=transformers."
            )
        self.sampling = sampling or Sampling()
        self._vllm = require("vllm", "vllm")
        self._llm = self._vllm.LLM(
            model=str(model),
            dtype=dtype,
            max_model_len=context,
            load_format="safetensors",
            trust_remote_code=False,
            logprobs_mode="raw_logprobs",
            **engine,
        )
        self.tokenizer = self._llm.get_tokenizer()
        reads = int(self._llm.llm_engine.model_config.max_model_len)
        self.room = prompt_room(reads, self.sampling.max_new_tokens)
        self._codec = TextCodec(self.tokenizer)

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        rngs: Sequence[np.random.Generator],
        stop: Stop = Stop(),  # noqa: B008
    ) -> list[Generation]:
        """Continue each prompt."""
        rows = fitted(prompts, self.room)
        outputs = self._llm.generate(
            [{"prompt_token_ids": ids} for ids, _ in rows],
            [self._settings(rng, stop) for _, rng in zip(rows, rngs, strict=True)],
            use_tqdm=False,
        )
        return [
            self._generation(output.outputs[0], cut, stop)
            for output, (_, cut) in zip(outputs, rows, strict=True)
        ]

    def _settings(self, rng: np.random.Generator, stop: Stop) -> Any:
        return self._vllm.SamplingParams(
            temperature=self.sampling.temperature,
            top_p=self.sampling.top_p,
            max_tokens=self.sampling.max_new_tokens,
            seed=int(rng.integers(2**31)),
            stop=list(stop.strings),
            logprobs=0,  # of the sampled token alone
        )

    def _generation(self, output: Any, cut: int, stop: Stop) -> Generation:
        ids = [int(token) for token in output.token_ids]
        logprobs = [
            float(entry[token].logprob) for token, entry in zip(ids, output.logprobs, strict=True)
        ]
        finish = _finish(output)
        written = self._codec.decode(ids)
        text = stop.cut(written) if finish == "stop" else written
        return Generation(ids, logprobs, written, text, finish, cut)


def _finish(output: Any) -> Finish:
    """Return how vLLM says that an output ended; a stop string is its reason, an end token is not."""
    if output.finish_reason == "length":
        return "length"
    return "stop" if isinstance(output.stop_reason, str) else "eos"
