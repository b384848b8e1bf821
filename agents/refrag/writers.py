"""Language models that continue a text, one text at a time: causal ones, and sequence to sequence.

Both say how sure they were of what they wrote. Used where a model is asked in the middle of
something that is no episode, such as between two retrievals.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from ...errors import require
from ...retrieval.encoders.models import SAFE, read_settings
from ..llm.codec import TextCodec
from ..llm.loading import load_model, load_tokenizer
from ..llm.prompts import PromptEncoder, Prompts
from ..llm.quiet import quiet
from ..llm.sampling import Sampling
from ..llm.stops import Stop
from ..llm.transformers_generator import TransformersGenerator
from ..model_folder import read_model_folder


class Written(NamedTuple):
    """What a model wrote."""

    text: str
    certainty: float
    """The geometric mean of the probabilities of its tokens, from 0 to 1."""


class Writer(Protocol):
    """Continues a text."""

    @property
    def tokenizer(self) -> Any:
        """The model's tokenizer."""

    def write(
        self,
        prompt: str,
        stop: tuple[str, ...],
        rng: np.random.Generator | None = None,
        begun: str = "",
    ) -> Written:
        """Continue a text up to one of some strings.

        Args:
            prompt: The text.
            stop: Where to end; the string is no part of what is written.
            rng: What is sampled follows it; None takes the likeliest tokens.
            begun: What stands of the continuation already.
        """


class CausalWriter:
    """A causal language model; a chat's is asked in its chat template.

    Args:
        folder: What `check_model` returned.
        max_new_tokens: The most that is written.
        device: Where; the best there is, usually.
    """

    def __init__(self, folder: Path, max_new_tokens: int, device: str | None = None) -> None:
        model, self.tokenizer = load_model(folder, device=device)
        self._codec = TextCodec(self.tokenizer)
        made = [Sampling(temperature=t, max_new_tokens=max_new_tokens) for t in (0.0, 1.0)]
        self._greedy, self._drawing = (
            TransformersGenerator(model, self.tokenizer, sampling, memory=False)
            for sampling in made
        )

    def write(
        self,
        prompt: str,
        stop: tuple[str, ...],
        rng: np.random.Generator | None = None,
        begun: str = "",
    ) -> Written:
        """Continue a text up to one of some strings."""
        generator = self._greedy if rng is None else self._drawing
        stream = np.random.default_rng(0) if rng is None else rng  # not looked at when greedy
        ids = [*self._encoded(prompt), *self._codec.encode(begun)]
        made = generator.generate([ids], [stream], Stop(stop))[0]
        return Written(made.text, _certainty(made.logprobs))

    def _encoded(self, prompt: str) -> list[int]:
        if not self.tokenizer.chat_template:
            return [*self._codec.bos, *self._codec.encode(prompt)]
        chat = [{"role": "user", "content": prompt}]
        told = self.tokenizer.apply_chat_template(chat, add_generation_prompt=True)
        return list(told["input_ids"] if hasattr(told, "keys") else told)


class PolicyWriter(CausalWriter):
    """A causal language model that was trained to play in the grammar `rag`, asked as it was then.

    The text is a transcript, and what is written the policy's next action.
    """

    def __init__(self, folder: Path, max_new_tokens: int, device: str | None = None) -> None:
        super().__init__(folder, max_new_tokens, device)
        said = read_model_folder(folder).options
        style, shown = said.get("prompt", "plain"), said.get("instructions")
        self._prompts = PromptEncoder(self.tokenizer, Prompts(style=style, instructions=shown))

    def _encoded(self, prompt: str) -> list[int]:
        return self._prompts.prompt(prompt, {"grammar": "rag"})


class Seq2SeqWriter:
    """A model that reads the whole text and writes what follows: T5, BART and the like.

    Args:
        folder: What `check_model` returned.
        max_new_tokens: The most that is written.
        device: Where; the best there is, usually.
    """

    def __init__(self, folder: Path, max_new_tokens: int, device: str | None = None) -> None:
        torch = require("torch", "llm")
        place = device or ("cuda" if torch.cuda.is_available() else "cpu")
        library = require("transformers", "llm").AutoModelForSeq2SeqLM
        with quiet():
            model = library.from_pretrained(folder, use_safetensors=True, **SAFE)
        self._model = model.to(place).eval()
        self.tokenizer = load_tokenizer(folder)
        self._most = max_new_tokens

    def write(
        self,
        prompt: str,
        stop: tuple[str, ...],
        rng: np.random.Generator | None = None,
        begun: str = "",
    ) -> Written:
        """Write what follows a text, up to one of some strings."""
        torch = require("torch", "llm")
        given = self.tokenizer(prompt + begun, return_tensors="pt", truncation=True).to(
            self._model.device
        )
        asked = {"max_new_tokens": self._most, "do_sample": rng is not None, "num_beams": 1}
        with torch.random.fork_rng(), torch.no_grad(), quiet():
            if rng is not None:
                torch.manual_seed(int(rng.integers(2**31)))
            made = self._model.generate(
                **given, **asked, return_dict_in_generate=True, output_logits=True
            )
        ids = made.sequences[0, 1:]  # behind the decoder's start
        logps = [
            float(logits[0].log_softmax(-1)[token])
            for logits, token in zip(made.logits, ids, strict=False)
        ]
        text = self.tokenizer.decode(ids, skip_special_tokens=True)
        return Written(Stop(stop).cut(text), _certainty(logps))


def make_writer(folder: Path, max_new_tokens: int, device: str | None = None) -> Writer:
    """Return what continues texts with the model of a folder, of whichever kind it is."""
    several = read_settings(folder / "config.json").get("is_encoder_decoder")
    return (Seq2SeqWriter if several else CausalWriter)(folder, max_new_tokens, device)


def _certainty(logprobs: list[float]) -> float:
    return math.exp(sum(logprobs) / len(logprobs)) if logprobs else 0.0
