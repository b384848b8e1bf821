r"""The tokenizer of the small policy: byte-pair merges learnt from a world's text.

Invented names fall into two or three pieces that come in many combinations, so that a new name is
copied piece by piece and none is known by heart. A name is cut alike wherever it stands: inside the
tokenizer every line begins with a space, which decoding takes back. Nothing is lost: what was never
seen falls into bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ...envs.datasets.world import World
from ...envs.grammars.r3 import R3Grammar
from ...errors import require

END = "<|end|>"
"""Ends each of the policy's turns."""
PAD = "<|pad|>"

_MARKERS = "The (?:question|problem analysis|retrieval query|retrieval documents|final answer):|Step [1-9]:"
_PIECES = rf" ?(?:{_MARKERS})| ?\p{{L}}+| ?\p{{N}}| ?[^\s\p{{L}}\p{{N}}]|\s"
"""Markers of the grammar whole, words, single digits, signs, white space."""


def train_tokenizer(texts: Iterable[str], vocabulary: int = 1_536) -> Any:
    r"""Learn a tokenizer from texts.

    Args:
        texts: What it is to write shortly.
        vocabulary: How many tokens it may have, two control tokens included; 256 bytes come on top.

    Returns:
        A `PreTrainedTokenizerFast`.

    >>> tokenizer = train_tokenizer(["The question: Who is Vel?\nVel"] * 9, 300)
    >>> tokenizer.decode(tokenizer.encode("Vel?\nÄ \n")) == "Vel?\nÄ \n"
    True
    """
    tokenizers = require("tokenizers", "llm")
    transformers = require("transformers", "llm")
    made = tokenizers.Tokenizer(tokenizers.models.BPE(byte_fallback=True))
    regex = tokenizers.Regex
    norms = tokenizers.normalizers
    made.normalizer = norms.Sequence([norms.Replace(regex("\n(?=.)"), "\n "), norms.Prepend(" ")])
    made.pre_tokenizer = tokenizers.pre_tokenizers.Split(regex(_PIECES), "isolated")
    parts = tokenizers.decoders
    made.decoder = parts.Sequence(
        [parts.ByteFallback(), parts.Fuse(), parts.Replace("\n ", "\n"), parts.Strip(" ", 1, 0)]
    )
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, END],
        initial_alphabet=["\n"],
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=_with_bytes(made),
        pad_token=PAD,
        eos_token=END,
        clean_up_tokenization_spaces=False,
    )


def world_texts(seed: int, entities: int = 3_000) -> Iterator[str]:
    """Yield what the policy reads and writes in a world, as text for a tokenizer."""
    world = World(seed=seed, entities=entities, train=entities // 2, hops="1-2")
    grammar = R3Grammar()
    for document in world.documents:
        yield grammar.documents([grammar.document(1, document.title, document.text, 512)])
    for question in world.questions("train"):
        yield grammar.opening(question.text)
        for step, hop in enumerate(question.hops, 1):
            for turn in range(step, 9, 2):
                yield grammar.write_query(turn, f"I need {hop.query}", hop.query)
            yield grammar.write_answer(step + 1, hop.query, hop.answer)


def _with_bytes(made: Any) -> Any:
    """Give the merges the 256 bytes, into which what was never seen falls."""
    tokenizers = require("tokenizers", "llm")
    told = json.loads(made.to_str())
    vocabulary = told["model"]["vocab"]
    for byte in range(256):
        vocabulary.setdefault(f"<0x{byte:02X}>", len(vocabulary))
    return tokenizers.Tokenizer.from_str(json.dumps(told))
