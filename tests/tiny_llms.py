"""Causal language models with random weights and tokenizers for them: no network, no download."""

import os
from functools import cache

os.environ["HF_HUB_OFFLINE"] = "1"

import pytest

TEXTS = [
    "The question: Where was the director of Vel born?",
    "Step 1:\nThe problem analysis: I look.\nThe retrieval query: director of Vel",
    "\nThe retrieval documents:\nVel | Vel is a film.",
    "\nThe environment note: the last reply could not be read.",
    "<think>I know.</think>\n<search>who</search>\n\n<information>Doc 1</information>\n\n",
    "<answer>Tessa</answer>",
]
CHAT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


@cache
def byte_tokenizer(chat_template=None, vocabulary=400):
    """As of Qwen or Llama 3: bytes and merges."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    # Signs and the line breaks behind them are one word, so that a token may be ">\n\n".
    words = Regex(r" ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+")
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(words, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=SPECIAL,
        show_progress=False,
    )
    raw.train_from_iterator(TEXTS, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<|endoftext|>",
        eos_token="<|im_end|>",
        chat_template=chat_template,
    )


@cache
def spaced_tokenizer():
    """As of Llama 2: a space is added before every text, and a start token; bytes where need be."""
    import json

    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    learnt = Tokenizer(models.BPE())
    learnt.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    learnt.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=200, show_progress=False))
    model = json.loads(learnt.to_str())["model"]
    words = ["<unk>", "<s>", "</s>", *(f"<0x{n:02X}>" for n in range(256)), *model["vocab"]]
    raw = Tokenizer(
        models.BPE(
            vocab={word: n for n, word in enumerate(words)},
            merges=[tuple(pair) for pair in model["merges"]],
            unk_token="<unk>",
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    raw.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    raw.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    raw.add_special_tokens(["<s>", "</s>", "<unk>"])
    raw.post_processor = processors.TemplateProcessing("<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )


def _sizes(vocabulary):
    return {
        "vocab_size": vocabulary,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 1024,
    }


def _qwen2(v):
    from transformers import Qwen2Config, Qwen2ForCausalLM

    return Qwen2ForCausalLM(Qwen2Config(**_sizes(v)))


def _sliding(v):
    from transformers import Qwen2Config, Qwen2ForCausalLM

    slide = {"use_sliding_window": True, "sliding_window": 16, "max_window_layers": 0}
    return Qwen2ForCausalLM(Qwen2Config(**_sizes(v), **slide))


def _qwen3(v):
    from transformers import Qwen3Config, Qwen3ForCausalLM

    return Qwen3ForCausalLM(Qwen3Config(**_sizes(v), head_dim=8))


def _llama(v):
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(**_sizes(v)))


def _bloom(v):
    from transformers import BloomConfig, BloomForCausalLM

    return BloomForCausalLM(BloomConfig(vocab_size=v, hidden_size=32, n_layer=2, n_head=4))


def _mamba2(v):
    from transformers import Mamba2Config, Mamba2ForCausalLM

    config = Mamba2Config(
        vocab_size=v, hidden_size=32, num_hidden_layers=2, state_size=8, num_heads=8, head_dim=8,
        n_groups=1, chunk_size=16, expand=2, pad_token_id=0, bos_token_id=None, eos_token_id=2,
    )  # fmt: skip
    return Mamba2ForCausalLM(config)


FAMILIES = {
    "qwen2": _qwen2,
    "sliding": _sliding,
    "qwen3": _qwen3,
    "llama": _llama,
    "bloom": _bloom,  # knows no positions
    "mamba2": _mamba2,  # keeps a state instead of keys and values
}


def causal_lm(family="qwen2", seed=0, spread=3.0, tokenizer=None):
    """A model whose next tokens are neither certain nor all alike."""
    import torch

    torch.set_num_threads(1)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        model = FAMILIES[family](len(tokenizer or byte_tokenizer()))
        for weights in model.parameters():
            if weights.dim() == 2:
                weights.mul_(spread)
    model.generation_config.eos_token_id = None
    return model.eval()


def save_causal_lm(folder, family="qwen2", seed=0, chat_template=None):
    """A folder as `save_pretrained` writes it."""
    causal_lm(family, seed).save_pretrained(folder)
    byte_tokenizer(chat_template).save_pretrained(folder)
    return folder


def needs_llms():
    """Skip a module of tests where the libraries are not installed."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
