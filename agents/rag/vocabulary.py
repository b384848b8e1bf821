"""One vocabulary for all sides of a small RAG: byte-pair merges learnt from given texts.

A name that is new falls into a few pieces, which the generator copies one by one; a number falls
into its digits. White space is folded, nothing else is lost: what was never seen falls into bytes.
The towers and the generator cut texts alike and differ in the tokens around them: `[CLS] title
[SEP] text [SEP]` for a BERT, `text </s>` for a T5, whose pad, end and unknown are 0, 1 and 2.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ...envs.settings import at_least
from ...errors import DataError, require

PAD, END, UNKNOWN, FIRST, BETWEEN, MASK = "<pad>", "</s>", "<unk>", "[CLS]", "[SEP]", "[MASK]"
SPECIAL = (PAD, END, UNKNOWN, FIRST, BETWEEN, MASK)
"""The control tokens, in the order of their ids from 0."""

_PIECES = r" ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]"
"""Words, single digits, signs."""

_FEWEST = 64


def train_vocabulary(texts: Iterable[str], size: int = 2_048) -> Any:
    """Learn a vocabulary from texts.

    Args:
        texts: What is to be read and written: questions, answers and documents.
        size: How many tokens it may have, the control tokens included; 256 bytes come on top. The
            smaller, the more pieces a name has and the better each is known.

    Returns:
        A `tokenizers.Tokenizer` without the tokens that a model wants around a text.

    Raises:
        ConfigError: If the size is too small.
        DataError: If there are no texts.

    >>> vocabulary = train_vocabulary(["Who is Vel?", "Vel is 12."] * 9, size=100)
    >>> vocabulary.decode(vocabulary.encode("Is  Vel 21 \u00e9?").ids)
    'Is Vel 21 é?'
    """
    at_least("size", size, _FEWEST)
    read = [text for text in texts if text.strip()]
    if not read:
        raise DataError(
            "A vocabulary of no texts was asked for. Give the texts that are to be read and "
            "written, such as a question set's documents, questions and answers."
        )
    library = require("tokenizers", "llm")
    made = _untrained(library)
    trainer = library.trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(SPECIAL), show_progress=False
    )
    made.train_from_iterator(read, trainer)
    return _with_bytes(library, made)


def t5_tokenizer(vocabulary: Any) -> Any:
    """Return the tokenizer of a T5 of this vocabulary, a `PreTrainedTokenizerFast`."""
    end = vocabulary.token_to_id(END)
    made = _with_frame(vocabulary, "$A </s>", None, [(END, end)])
    return require("transformers", "llm").PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token=PAD,
        eos_token=END,
        unk_token=UNKNOWN,
        model_input_names=["input_ids", "attention_mask"],
        clean_up_tokenization_spaces=False,
    )


def bert_tokenizer(vocabulary: Any, max_tokens: int = 256) -> Any:
    """Return the tokenizer of a BERT of this vocabulary, a `PreTrainedTokenizerFast`."""
    frame = [(token, vocabulary.token_to_id(token)) for token in (FIRST, BETWEEN)]
    made = _with_frame(vocabulary, "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", frame)
    return require("transformers", "llm").PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token=PAD,
        unk_token=UNKNOWN,
        cls_token=FIRST,
        sep_token=BETWEEN,
        mask_token=MASK,
        model_max_length=max_tokens,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        clean_up_tokenization_spaces=False,
    )


def _untrained(library: Any) -> Any:
    made = library.Tokenizer(library.models.BPE(unk_token=UNKNOWN, byte_fallback=True))
    norms, parts, regex = library.normalizers, library.decoders, library.Regex
    # each text begins with a space, so that a name is cut alike wherever it stands
    made.normalizer = norms.Sequence(
        [norms.Strip(), norms.Replace(regex(r"\s+"), " "), norms.Prepend(" ")]
    )
    made.pre_tokenizer = library.pre_tokenizers.Split(regex(_PIECES), "isolated")
    made.decoder = parts.Sequence([parts.ByteFallback(), parts.Fuse(), parts.Strip(" ", 1, 0)])
    return made


def _with_bytes(library: Any, made: Any) -> Any:
    """Give the merges the 256 bytes, into which what was never seen falls."""
    told = json.loads(made.to_str())
    tokens = told["model"]["vocab"]
    for byte in range(256):
        tokens.setdefault(f"<0x{byte:02X}>", len(tokens))
    return library.Tokenizer.from_str(json.dumps(told))


def _with_frame(vocabulary: Any, single: str, pair: str | None, frame: list[Any]) -> Any:
    library = require("tokenizers", "llm")
    made = library.Tokenizer.from_str(vocabulary.to_str())
    made.post_processor = library.processors.TemplateProcessing(
        single=single, pair=pair, special_tokens=frame
    )
    return made
