"""The sides of the benchmark of GRPO: our bridge and TRL's own single turn, each in TRL's trainer.

All have a copy of one model and the same settings. Ours plays first in every round; the others are
then given rows of the very same lengths.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, NamedTuple
from unittest.mock import patch

from ...agents.grpo.bridge import Bridge
from ...agents.grpo.rows import Row as Tokens
from ...agents.grpo.watch import Watch
from ...agents.llm.model_facts import end_tokens
from ...agents.llm.prompts import Prompts
from ...agents.llm.transformers_generator import TransformersGenerator
from ...envs.datasets import make_questions
from ...envs.grammars import Move, ParseError
from ...envs.grammars.search_r1 import SearchR1Grammar
from ...envs.settings import at_least
from ...errors import AgentError, ConfigError, require
from ...retrieval.bm25 import BM25Retriever
from .ppo import Player
from .rollout import ENV, WORLD
from .steps import Clock, Count, Stepping, count

OURS = "our bridge, episodes of several turns"
INSIDE = "TRL, single turn, replies in the completion"
SINGLE = "TRL, single turn"
WRITING, SEARCHING, PLAYING = "writing", "searching", "playing"
"""Parts of a step: what the model writes, what is searched, and the bridge's work with both."""
WORDS = 24
"""Words of a query, at most."""
_NEVER = -1e4
"""A logit that is not sampled; a number, so that the entropy is one."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """What a step reads and writes."""

    rows: int = 16
    """Of an optimiser step, all of them played at once."""
    generations: int = 4
    """Rows of each question."""
    batch_size: int = 4
    """Rows that are read at once; gradients are gathered over the others."""
    turns: int = 3
    turn_tokens: int = 40

    def __post_init__(self) -> None:
        """Refuse rows that are no whole groups or no whole batches."""
        for name in ("generations", "batch_size"):
            each = getattr(self, name)
            if self.rows % each:
                raise ConfigError(f"rows is {self.rows}; it must be a multiple of {name}, {each}.")
        at_least("generations", self.generations, 2)

    @property
    def written(self) -> int:
        """Tokens that are written in a row."""
        return self.turns * self.turn_tokens


class Lengths(NamedTuple):
    """The tokens of one row."""

    prompt: int
    replies: int
    """What the environment wrote after the first turn."""
    written: int


class FreeGrammar(SearchR1Grammar):
    """Search-R1's, but whatever is written is a query: what random weights write, too."""

    name: ClassVar[str] = "free"

    def parse(self, action: str, step: int) -> Move | ParseError:
        """Read the words as a query."""
        words = re.findall(r"\w+", action)[:WORDS] or ["nothing"]
        return Move("query", "", " ".join(words))


FREE = f"{__name__}:FreeGrammar"


class ClockedBridge(Bridge):
    """Our bridge, timed; it remembers the rows that it told."""

    def __init__(self, size: Size, clock: Clock) -> None:
        super().__init__(
            ENV,
            questions=WORLD,
            env_kwargs={"grammar": FREE, "max_steps": size.turns},
            prompts=Prompts(instructions=True),
            max_new_tokens=size.turn_tokens,
            mask_overlong=False,  # every turn has all the tokens that it may have
        )
        self.clock = clock
        self.rows: list[Tokens] = []

    def __call__(self, prompts: Sequence[Any], trainer: Any) -> dict[str, Any]:
        """Play the questions of a batch."""
        with clocked_parts(self.clock):
            told: dict[str, Any] = self.clock.timed(
                PLAYING, lambda: super(ClockedBridge, self).__call__(prompts, trainer)
            )
        columns = zip(told["prompt_ids"], told["completion_ids"], told["env_mask"], strict=True)
        self.rows = [Tokens(prompt, ids, mask, []) for prompt, ids, mask in columns]
        return told

    @property
    def lengths(self) -> list[Lengths]:
        """The lengths of the rows that were played last."""
        return [
            Lengths(len(r.prompt_ids), len(r.env_mask) - sum(r.env_mask), sum(r.env_mask))
            for r in self.rows
        ]


@contextmanager
def clocked_parts(clock: Clock) -> Iterator[None]:
    """Time what our generator writes, and what the retriever searches."""
    write = _clocked(TransformersGenerator.generate, WRITING, clock)
    search = _clocked(BM25Retriever.search, SEARCHING, clock)
    with (
        patch.object(TransformersGenerator, "generate", write),
        patch.object(BM25Retriever, "search", search),
    ):
        yield


def _clocked(method: Callable[..., Any], part: str, clock: Clock) -> Callable[..., Any]:
    return lambda *given: clock.timed(part, lambda: method(*given))


def make_sides(player: Player, size: Size, folder: str) -> tuple[ClockedBridge, list[Stepping]]:
    """Return our bridge, and the sides in the order in which they play.

    Args:
        player: The model; every side trains a copy of its own.
        size: What a step reads and writes.
        folder: Where the trainers may write.
    """
    names = (OURS, INSIDE, SINGLE)
    clocks = {name: Clock() for name in names}
    bridge = ClockedBridge(size, clocks[OURS])
    plays: dict[str, Any] = {OURS: bridge, INSIDE: rollout_inside(bridge), SINGLE: None}
    sides = []
    for name in names:
        trainer = _counting_trainer()(
            model=never_ending(player),
            reward_funcs=bridge.reward if name == OURS else pay,
            rollout_func=plays[name],
            args=make_config(size, folder),
            train_dataset=bridge.dataset(),
            processing_class=player.tokenizer,
        )
        trainer.clock = clocks[name]
        trainer.texts = Texts(player.tokenizer, bridge) if name == SINGLE else None
        trainer.remove_callback(require("transformers", "llm").PrinterCallback)
        look = watching(bridge, trainer) if name == OURS else None
        sides.append(Stepping(name, trainer, clocks[name], look))
    return bridge, sides


def make_config(size: Size, folder: str) -> Any:
    """Return the settings of a trainer, the same for every side."""
    cuda = require("torch", "llm").cuda.is_available()
    return require("trl", "llm").GRPOConfig(
        output_dir=folder,
        max_steps=1_000_000,
        per_device_train_batch_size=size.batch_size,
        gradient_accumulation_steps=size.rows // size.batch_size,
        num_generations=size.generations,
        max_completion_length=size.written,
        learning_rate=1e-6,
        lr_scheduler_type="constant",
        activation_checkpointing=False,
        bf16=False,
        use_cpu=not cuda,
        save_strategy="no",
        logging_steps=1,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=cuda,
    )


def never_ending(player: Player) -> Any:
    """Return a copy of the model that samples none of its end tokens, so that turns are whole."""
    model = copy.deepcopy(player.model)
    ends = sorted(end_tokens(model, player.tokenizer))

    def silence(module: Any, given: Any, logits: Any) -> Any:
        logits[..., ends] = _NEVER
        return logits

    model.lm_head.register_forward_hook(silence)
    return model


def pay(completions: Sequence[Any], **columns: Any) -> list[float]:
    """Return a number for each row: a reward function that costs nothing."""
    return [float(number % 2) for number in range(len(completions))]


def rollout_inside(bridge: ClockedBridge) -> Callable[[Sequence[Any], Any], dict[str, Any]]:
    """Return a `rollout_func` that writes as TRL does, and has the replies in the completion.

    What is written follows the prompt and the replies, in one turn; that is then told as a
    completion which begins with the replies.
    """

    def rollout(prompts: Sequence[Any], trainer: Any) -> dict[str, Any]:
        replies = [replies_of(row) for row in bridge.rows]
        read = [row.prompt_ids + ids for row, ids in zip(bridge.rows, replies, strict=True)]
        written, _ = trainer._generate_single_turn(read, None, {}, trainer.num_generations)
        pairs = list(zip(replies, written, strict=True))
        return {
            "prompt_ids": [row.prompt_ids for row in bridge.rows],
            "completion_ids": [reply + ids for reply, ids in pairs],
            "env_mask": [[0] * len(reply) + [1] * len(ids) for reply, ids in pairs],
            "logprobs": None,
        }

    return rollout


def replies_of(row: Tokens) -> list[int]:
    """Return the environment's tokens within a completion."""
    pairs = zip(row.completion_ids, row.env_mask, strict=True)
    return [token for token, own in pairs if not own]


def watching(bridge: ClockedBridge, trainer: Any) -> Callable[[], None]:
    """Return a look at displaced likelihood: of as many rows as it reads at most, twice."""
    watch = Watch(1)

    def look() -> None:
        watch.before(trainer, bridge.rows, [1.0] * len(bridge.rows))
        watch.after(trainer)

    return look


class Texts:
    """Prompts as long as our rows without what was written.

    Args:
        tokenizer: The model's.
        bridge: Tells how long they are.
    """

    def __init__(self, tokenizer: Any, bridge: ClockedBridge) -> None:
        self._tokenizer = tokenizer
        self._bridge = bridge
        texts = [document.text for document in make_questions(WORLD).documents[:200]]
        self._ids = [i for text in texts for i in self._read(text)]

    def __call__(self) -> list[str]:
        """Return a prompt for each row that was played last."""
        return [
            self.of_length(row.prompt + row.replies, 97 * number)
            for number, row in enumerate(self._bridge.lengths)
        ]

    def of_length(self, length: int, start: int = 0) -> str:
        """Return a part of the documents that is read as so many tokens."""
        for begin in range(start, len(self._ids) - length):
            text = str(self._tokenizer.decode(self._ids[begin : begin + length]))
            if len(self._read(text)) == length:
                return text
        raise AgentError(f"The documents have no part of {length} tokens.")

    def _read(self, text: str) -> list[int]:
        return list(self._tokenizer(text=[text])["input_ids"][0])


@cache
def _counting_trainer() -> Any:
    """Return TRL's trainer, which also counts tokens, times what it writes, and takes texts late."""
    trl = require("trl", "llm")

    class CountingTrainer(trl.GRPOTrainer):  # type: ignore[misc, name-defined]
        clock: Clock
        texts: Texts | None
        """Its prompts, where they are not the dataset's: known when ours has played."""
        count: Count

        def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> Any:
            if self.texts is not None:
                inputs = [{"prompt": text} for text in self.texts()]
            return super()._generate_and_score_completions(inputs)

        def _generate_single_turn(self, *given: Any) -> Any:
            write = super()._generate_single_turn
            return self.clock.timed(WRITING, lambda: write(*given))

        def _generate(self, prompts: list[Any]) -> Any:
            made = super()._generate(prompts)
            self.count = count(*made[:3])
            return made

    return CountingTrainer
