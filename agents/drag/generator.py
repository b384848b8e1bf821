"""The generator of D-RAG: a causal language model that reads vectors among its words.

    generator = Generator.load("Qwen/Qwen2.5-0.5B", lora=Lora(lora_r=8))
    losses = generator.loss(prompts, ["Ada | Bo", ...])     # the gradient reaches prompts' vectors
    answers = generator.answer(prompts)                     # [["Ada", "Bo"], ...]

Each retrieved fact's vector stands before the fact's text, and the loss is the cross entropy of the
answers and the end token, nothing else (D-RAG, EMNLP 2025; KGQA by "a1 | a2"). Any model of
transformers that takes `inputs_embeds` will do, hybrids of Mamba and attention among them. Knows no
graph and no retriever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from ...errors import AgentError, ConfigError, require
from ...retrieval.base import check_whole
from ...rewards.kg.prompt import split_answers
from ..llm.loading import Dtype, check_model, is_adapter
from ..llm.model_facts import context_of, end_tokens, playing, takes_of
from ..llm.prompt_room import prompt_room
from ..training.policy import LoraSettings, merge_adapter, save_policy
from .adapting import adapt, checkpoint, load_base
from .batching import in_batches
from .decoding import greedy, positions
from .hybrids import take_hub_kernels
from .prompts import UNLABELLED, Answers, Padded, Prompt, PromptWriter, Row, Tensor, padded

R = TypeVar("R")

_NORM_ROWS = 8192


class Generator:
    """See the module.

    Args:
        model: A causal language model of transformers, in an adapter's wrapper or not.
        tokenizer: Its tokenizer, which must have an end token: the end is learnt.
        max_new_tokens: Tokens of what is written or learnt as an answer, the end included.
        max_answers: Answers that are taken, or learnt, at most.
        batch_size: Prompts at once in `answer` and `log_likelihood`; halved, with a warning, where
            memory runs out, and kept so. `loss` takes what it is given at once.
        context: Tokens that may be read and written together; None for what the model's
            configuration says.
        autocast: Whether it computes in bfloat16 though its weights are kept in float32.

    Raises:
        ConfigError: If a number is out of its range, the tokenizer has no end token, or the model
            does not know it.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        max_new_tokens: int = 64,
        max_answers: int = 50,
        batch_size: int = 8,
        context: int | None = None,
        autocast: bool = False,
    ) -> None:
        for name, value in (("max_new_tokens", max_new_tokens), ("max_answers", max_answers)):
            check_whole(name, value)
        check_whole("batch_size", batch_size)
        self.model, self.tokenizer = model, tokenizer
        self.max_new_tokens, self.max_answers = max_new_tokens, max_answers
        self.batch_size, self.autocast = batch_size, autocast
        self._words = model.get_input_embeddings()
        end = _end_of(tokenizer, len(self._words.weight))
        limits = [limit for limit in (context, context_of(model)) if limit is not None]
        self.writer = PromptWriter(
            tokenizer,
            end,
            room=prompt_room(min(limits, default=None), max_new_tokens),
            max_new_tokens=max_new_tokens,
            max_answers=max_answers,
        )
        self.ends = end_tokens(model, tokenizer) | {end}
        self._takes = takes_of(model, cache=False)

    @classmethod
    def load(
        cls,
        model: str | Path,
        *,
        lora: LoraSettings | None = None,
        lora_dropout: float = 0.0,
        lora_experts: bool = False,
        dtype: Dtype = "auto",
        device: str | None = None,
        gradient_checkpointing: bool = False,
        use_kernels: bool = False,
        seed: int = 0,
        **options: Any,
    ) -> Generator:
        """Load a generator.

        Args:
            model: A folder, or a name at the hub. An adapter's folder is merged into its base where
                `lora` is None, and trained further where it is given.
            lora: How it is to be trained; None leaves all weights as they are, which the gradient
                still passes through on its way to the vectors.
            lora_dropout: The share of what goes into the adapter that is dropped in training.
            lora_experts: Whether the routed experts of a mixture get adapters too, one to each.
            dtype: The numbers of the weights; auto as they were saved. Where all weights are
                trained they stay in float32, and bfloat16 is what is computed in.
            device: Where; None for the best there is.
            gradient_checkpointing: Compute twice, and keep little in between.
            use_kernels: The hub's kernels for Mamba layers, on a GPU.
            seed: Of the adapter's first weights.
            options: See the class.

        Raises:
            ConfigError: If there is no such model, it is computed wrongly here, or an option is not
                allowed.
        """
        folder = check_model(model)
        whole = lora is not None and not lora.lora_r and not is_adapter(folder)
        loaded, tokenizer = load_base(
            folder, dtype="float32" if whole else dtype, device=device, merged=lora is None
        )
        if use_kernels:
            take_hub_kernels(loaded, str(loaded.device))
        if gradient_checkpointing:
            checkpoint(loaded)
        loaded.requires_grad_(whole)
        if lora is not None and not whole:
            # A name holds elsewhere too, a folder of this machine's cache does not.
            base = str(folder) if Path(model).is_dir() else str(model)
            loaded = adapt(
                loaded,
                lora,
                base=base,
                resumed=folder if is_adapter(folder) else None,
                dropout=lora_dropout,
                experts=lora_experts,
                seed=seed,
            )
        return cls(loaded, tokenizer, autocast=whole and dtype == "bfloat16", **options)

    @property
    def width(self) -> int:
        """How wide a vector is that stands among the words."""
        return int(self._words.weight.shape[1])

    @property
    def device(self) -> Any:
        """Where it is."""
        return self._words.weight.device

    @property
    def embedding_norm(self) -> float:
        """The mean length of its words' embeddings, which the projector is scaled to."""
        torch = require("torch", "llm")
        count, total = min(len(self.tokenizer), len(self._words.weight)), 0.0
        with torch.no_grad():
            for ids in torch.arange(count, device=self.device).split(_NORM_ROWS):
                # Through the layer: some multiply what they look up.
                lengths = torch.linalg.vector_norm(self._words(ids), dim=-1, dtype=torch.float32)
                total += float(lengths.double().sum())
        return total / count

    def trainable(self) -> list[Any]:
        """Return the parameters that are trained: the adapter's, or all, or none."""
        return [weights for weights in self.model.parameters() if weights.requires_grad]

    def train(self, mode: bool = True) -> Generator:
        """Put the model into the mode for training (dropout, checkpointing), or out of it."""
        self.model.train(mode)
        return self

    def kept(self, prompts: Sequence[Prompt]) -> list[int]:
        """Return how many facts of each prompt have room in the model's context."""
        return [row.kept for row in self.writer.rows(prompts)]

    def loss(self, prompts: Sequence[Prompt], answers: Sequence[Answers]) -> Tensor:
        """Return the cross entropy of each prompt's answers.

        Args:
            prompts: One or more; their vectors get gradients.
            answers: For each a list, or "a1 | a2".

        Returns:
            `[prompts]` float32: the mean over the tokens of "a1 | a2" and the end.

        Raises:
            ConfigError: If a prompt has no answer, or its question has no room.
        """
        if not prompts:
            raise ConfigError("There are no prompts to compute a loss of; give one or more.")
        losses, counts = self._losses(self.writer.rows(prompts, answers), prompts)
        return losses.sum(dim=-1) / counts

    def log_likelihood(self, prompts: Sequence[Prompt], answers: Sequence[Answers]) -> list[float]:
        """Return the log-probability of "a1 | a2" and the end after each prompt, in nats.

        Raises:
            ConfigError: As of `loss`.
            AgentError: If memory runs out with one prompt, or the numbers are none.
        """
        rows = self.writer.rows(prompts, answers)

        def told(places: list[int]) -> list[float]:
            with playing(self.model):
                losses, _ = self._losses([rows[n] for n in places], [prompts[n] for n in places])
            sums = -losses.double().sum(dim=-1)
            if not bool(sums.isfinite().all()):
                raise AgentError(
                    "The generator's log-likelihoods are no numbers: its weights or the vectors it "
                    "was given are not finite. Load it with dtype=float32."
                )
            return [float(value) for value in sums]

        return self._batched(told, rows)

    def answer(self, prompts: Sequence[Prompt]) -> list[list[str]]:
        """Return the answers that the model writes after each prompt, the likeliest token each time.

        An empty list is what the model itself ended with at once.

        Raises:
            ConfigError: If a question has no room.
            AgentError: As of `log_likelihood`.
        """
        rows = self.writer.rows(prompts)

        def written(places: list[int]) -> list[list[int]]:
            with playing(self.model), self._numbers():
                batch, embeddings = self._read(
                    [rows[n] for n in places], [prompts[n] for n in places]
                )
                return greedy(
                    self.model,
                    embeddings,
                    batch.mask,
                    ends=self.ends,
                    max_new_tokens=self.max_new_tokens,
                )

        texts = [self.writer.codec.decode(ids) for ids in self._batched(written, rows)]
        return [split_answers(text, self.max_answers) for text in texts]

    def save(self, folder: str | Path, *, merged: bool = False) -> None:
        """Write the adapter, or the model where it has none, and the tokenizer, in safetensors.

        Args:
            folder: Where.
            merged: Whether an adapter is written as part of its base, so that no other folder is
                needed.
        """
        save_policy(self.model, self.tokenizer, Path(folder))
        if merged:
            merge_adapter(Path(folder))

    def _losses(self, rows: Sequence[Row], prompts: Sequence[Prompt]) -> tuple[Tensor, Tensor]:
        """Return the cross entropy of every labelled token `[rows, columns]`, and their counts."""
        torch = require("torch", "llm")
        with self._numbers():
            batch, embeddings = self._read(rows, prompts)
            # All rows end in the last column, so a vocabulary of logits is needed for few columns.
            columns = max(row.answer for row in rows) + 1
            given = {"logits_to_keep": columns} if self._takes.last_only else {}
            if self._takes.positions:
                given["position_ids"] = positions(batch.mask)
            out = self.model(
                inputs_embeds=embeddings, attention_mask=batch.mask, use_cache=False, **given
            )
        logits, labels = out.logits[:, -columns:-1].float(), batch.labels[:, 1 - columns :]
        losses = torch.nn.functional.cross_entropy(
            logits.transpose(1, 2), labels, reduction="none", ignore_index=UNLABELLED
        )
        return losses, (labels != UNLABELLED).sum(dim=-1)

    def _read(self, rows: Sequence[Row], prompts: Sequence[Prompt]) -> tuple[Padded, Tensor]:
        """Return a batch and its embeddings `[rows, columns, width]`, the vectors in their places."""
        torch = require("torch", "llm")
        batch = padded(rows, self.device)
        words = self._words(batch.ids)
        vectors = [
            prompt.vectors[: row.kept]
            for row, prompt in zip(rows, prompts, strict=True)
            if prompt.vectors is not None and row.kept
        ]
        if not vectors:
            return batch, words
        wrong = next((each for each in vectors if each.shape[1:] != (self.width,)), None)
        if wrong is not None:
            raise ConfigError(
                f"A prompt's vectors are of the shape {tuple(wrong.shape)}, and the generator's "
                f"words are {self.width} numbers wide; the projector belongs to another generator."
            )
        joined = torch.cat([each.to(words) for each in vectors])
        return batch, words.masked_scatter(batch.slots[..., None], joined)

    def _numbers(self) -> AbstractContextManager[Any]:
        """Compute in bfloat16, where the weights are kept in float32 to be trained."""
        torch = require("torch", "llm")
        if not self.autocast:
            return nullcontext()
        context: AbstractContextManager[Any] = torch.autocast(self.device.type, torch.bfloat16)
        return context

    def _batched(self, function: Callable[[list[int]], list[R]], rows: Sequence[Row]) -> list[R]:
        """Call a function with the places of rows that are about as long, as many as memory holds."""
        lengths = [len(row.ids) for row in rows]
        results, self.batch_size = in_batches(function, lengths, self.batch_size)
        return results


def _end_of(tokenizer: Any, words: int) -> int:
    """Return the token that ends an answer, which is learnt and stopped at."""
    end = tokenizer.eos_token_id
    if end is None or not 0 <= end < words:
        raise ConfigError(
            f"The tokenizer's end token is {end!r}, and the model has {words} tokens: the generator "
            "could not learn where answers end. Set the tokenizer's eos_token."
        )
    return int(end)
