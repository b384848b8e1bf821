"""`llm`: a causal language model reads the answers off the selected facts, in D-RAG's prompt.

    make_fact_reader("llm?model=FOLDER")
    LLMReader(model=Loaded(model, tokenizer))          # one that is loaded already

It writes greedily, so that the same facts get the same answers (on the same machine, in the same
batch: sums in another order can tip a tie). It can also tell how likely it would have written
certain answers, which is what the reward `drag` pays.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from ...errors import ConfigError, require
from ...retrieval.base import check_whole
from ...retrieval.encoders.models import LateModel, model_folder
from . import causal_lm
from .prompt import fact_line, joined, prompt, split_answers
from .reader import Selection

Dtype = Literal["auto", "float32", "bfloat16", "float16"]
Tokens = list[int]
R = TypeVar("R")


class Loaded(NamedTuple):
    """A model that is ready for use."""

    model: Any
    """A causal language model of transformers."""
    tokenizer: Any


class LLMReader:
    """See the module.

    Args:
        model: A folder of `save_pretrained`, a name at the hub, or a `Loaded` model. Weights are
            read from safetensors alone, and no code of a model is run.
        dtype: The numbers of a model that is loaded; "auto" as they were saved.
        device: Where it is loaded to; None for the best there is.
        batch_size: How many selections are read at once.
        max_facts: The most facts that are read: the first ones, and fewer where the model's
            context has no room for them.
        max_answers: The most answers that are taken, or whose likelihood is told.
        max_tokens: The most tokens of what is written, or whose likelihood is told.
        chat: Whether the prompt is a user's message in the model's chat template.

    Raises:
        ConfigError: If there is no such model, or an option is not allowed.
        MissingExtraError: If transformers or torch is not installed.
    """

    def __init__(
        self,
        *,
        model: str | Path | Loaded,
        dtype: Dtype = "auto",
        device: str | None = None,
        batch_size: int = 8,
        max_facts: int = 256,
        max_answers: int = 50,
        max_tokens: int = 128,
        chat: bool = False,
    ) -> None:
        for name in ("torch", "transformers"):
            require(name, "llm")
        check_whole("batch_size", batch_size)
        check_whole("max_facts", max_facts)
        check_whole("max_answers", max_answers)
        check_whole("max_tokens", max_tokens)
        self.batch_size, self.max_facts = batch_size, max_facts
        self.max_answers, self.max_tokens, self.chat = max_answers, max_tokens, chat
        self.model = type(model.model).__name__ if isinstance(model, Loaded) else str(model)
        self._late = LateModel(_loader(model, dtype, device))

    def __call__(self, selection: Selection) -> list[str]:
        """Return the answers that the model writes."""
        return self.many([selection])[0]

    def many(self, selections: Sequence[Selection]) -> list[list[str]]:
        """Read several selections, `batch_size` at once.

        Raises:
            ConfigError: If a question alone is too long for the model, or `chat` is asked of a
                model without a chat template.
        """
        with self._late.use() as (model, tokenizer):
            prompts = [self._tokens(model, tokenizer, selection)[0] for selection in selections]
            write = partial(causal_lm.write, model, tokenizer, max_tokens=self.max_tokens)
            written = self._batched(write, prompts, len)
        return [split_answers(text, self.max_answers) for text in written]

    def log_likelihood(
        self, selections: Sequence[Selection], answers: Sequence[Sequence[str]]
    ) -> list[float]:
        """Return the sum of the log-probabilities of "a1 | a2" and its end, for each selection.

        Args:
            selections: An empty one is read too: a prompt without facts.
            answers: Of each.

        Raises:
            ConfigError: As of `many`, or if there are not as many answers as selections.
        """
        if len(selections) != len(answers):
            raise ConfigError(
                f"There are {len(selections)} selections and {len(answers)} lists of answers; give "
                "one list for each."
            )
        with self._late.use() as (model, tokenizer):
            pairs = [
                self._pair(model, tokenizer, *item)
                for item in zip(selections, answers, strict=True)
            ]
            return self._batched(partial(causal_lm.log_likelihoods, model), pairs, _length)

    def _batched(
        self,
        function: Callable[[list[Any]], list[R]],
        items: Sequence[Any],
        length: Callable[..., int],
    ) -> list[R]:
        """Call a function with batches of items that are about as long, and keep their order."""
        order = sorted(range(len(items)), key=lambda n: length(items[n]))
        results: dict[int, R] = {}
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            results |= zip(batch, function([items[n] for n in batch]), strict=True)
        return [results[n] for n in range(len(items))]

    def _pair(
        self, model: Any, tokenizer: Any, selection: Selection, answers: Sequence[str]
    ) -> tuple[Tokens, Tokens]:
        """Return the tokens of a prompt and of the answers behind it, the end token included."""
        before, text = self._tokens(model, tokenizer, selection)
        answer = _plain(tokenizer, joined(answers, self.max_answers))
        space = "" if self.chat else " "
        whole = self._encoded(tokenizer, text + space + answer)
        # Together, for some tokenizers put a blank before every text; apart where that moves a cut.
        apart = partial(tokenizer.encode, add_special_tokens=False)
        after = whole[len(before) :] if whole[: len(before)] == before else apart(space + answer)
        end = [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]
        return before, [*after, *end][: self.max_tokens]

    def _tokens(self, model: Any, tokenizer: Any, selection: Selection) -> tuple[Tokens, str]:
        """Return the prompt as tokens and as text, with as many facts as there is room for."""
        lines = [fact_line(fact) for fact in selection.facts[: self.max_facts]]

        def made(count: int) -> tuple[Tokens, str]:
            plain = _plain(tokenizer, prompt(selection.question, lines[:count]))
            text = self._framed(tokenizer, plain)
            return self._encoded(tokenizer, text), text

        context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        room = None if context is None else context - self.max_tokens
        full = made(len(lines))
        if room is None or len(full[0]) <= room:
            return full
        fitting = (
            bisect_right(range(len(lines) + 1), room, key=lambda count: len(made(count)[0])) - 1
        )
        if fitting < 0:
            raise ConfigError(
                f"The question {selection.question!r:.60} has no room in {self.model}: it reads {context} tokens, "
                f"{self.max_tokens} of which are kept for the answers (max_tokens)."
            )
        return made(fitting)

    def _framed(self, tokenizer: Any, text: str) -> str:
        if not self.chat:
            return text
        if not tokenizer.chat_template:
            raise ConfigError(f"{self.model} has no chat template; leave chat out (chat=false).")
        return str(
            tokenizer.apply_chat_template(
                [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
            )
        )

    def _encoded(self, tokenizer: Any, text: str) -> Tokens:
        """A chat template writes the start token itself."""
        return list(tokenizer.encode(text, add_special_tokens=not self.chat))

    def __repr__(self) -> str:
        return f"LLMReader(model={self.model!r})"


def _loader(model: str | Path | Loaded, dtype: Dtype, device: str | None) -> Callable[[], Loaded]:
    if isinstance(model, Loaded):
        return partial(Loaded, *model)
    if not isinstance(model, str | Path):
        raise ConfigError(f"model is {model!r:.60}; give a folder, a name at the hub, or a Loaded.")
    return partial(_load, model_folder(model), dtype, device)


def _load(folder: Path, dtype: Dtype, device: str | None) -> Loaded:
    return Loaded(*causal_lm.load(folder, dtype, device))


def _plain(tokenizer: Any, text: str) -> str:
    """Return text without the model's own tokens: written in a fact, they would be read as such.

    An added token that is a plain word is a word.
    """
    added = (name for name in tokenizer.get_added_vocab() if not name.isalnum())
    names: Iterable[str] = {*tokenizer.all_special_tokens, *added}
    longest = sorted(filter(str.strip, names), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest)), " ", text) if longest else text


def _length(pair: tuple[Tokens, Tokens]) -> int:
    return len(pair[0]) + len(pair[1])
