"""Small towers and generators, and documents, for the tests of agents/rag."""

import functools
import itertools

import torch

from hopgym.agents.rag.making import make_generator, make_towers
from hopgym.agents.rag.model import Batch, RagModel
from hopgym.agents.rag.vocabulary import train_vocabulary
from hopgym.core import Document

DOCUMENTS = [
    Document("a", "Ada Orm", "Ada Orm was born in Lyon. She is a painter."),
    Document("b", "Bob Vel", "Bob Vel was born in Kiel. He works in Oslo."),
    Document("c", "", "Cid Ran met Ada Orm in Kiel."),
]
QUESTIONS = ["Where was Ada Orm born?", "Where does Bob Vel work?"]
ANSWERS = ["Lyon", "Oslo"]


@functools.cache
def vocabulary():
    texts = [f"{each.title} {each.text}" for each in DOCUMENTS]
    return train_vocabulary([*texts, *QUESTIONS, *ANSWERS], size=120)


def towers(**options):
    return make_towers("tiny", vocabulary=vocabulary(), **options)


def generator(**options):
    return make_generator("tiny", vocabulary=vocabulary(), **{"max_answer_tokens": 12, **options})


def model(variant="token", n_docs=3, ret_loss_weight=1.0, **options):
    return RagModel(
        towers(**options), generator(), variant=variant, n_docs=n_docs,
        ret_loss_weight=ret_loss_weight,
    )  # fmt: skip


def batch(**changes):
    fields = {
        "questions": QUESTIONS,
        "answers": ANSWERS,
        "retrieved": [DOCUMENTS, DOCUMENTS[:2]],
        "positives": [DOCUMENTS[:1], DOCUMENTS[1:2]],
        "hard_negatives": [DOCUMENTS[2:], []],
    }
    return Batch(**{**fields, **changes})


def tiny_t5(words=6, seed=0):
    """A T5 of a handful of tokens, whose answers can all be listed."""
    from transformers import T5Config, T5ForConditionalGeneration

    config = T5Config(
        vocab_size=words, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2,
        dropout_rate=0.0, decoder_start_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return T5ForConditionalGeneration(config).eval()


class Letters:
    """A tokenizer of the letters c, d, ... without merges; 0 pads, 1 ends."""

    pad_token_id, eos_token_id = 0, 1

    def __init__(self, words=6):
        self.words = words

    def __len__(self):
        return self.words

    def __call__(self, texts, padding, truncation, max_length, return_tensors):
        from transformers import BatchEncoding

        rows = [[2 + ord(each) % (self.words - 2) for each in text] for text in texts]
        rows = [[*row[: max_length - 1], 1] for row in rows]
        longest = max(map(len, rows))
        ids = [row + [0] * (longest - len(row)) for row in rows]
        mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
        return BatchEncoding({"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)})

    def decode(self, ids, skip_special_tokens):
        return "".join(chr(ord("a") + each) for each in ids if each > 1)


def letters_generator(words=6, seed=0):
    """A generator of a handful of tokens, which writes something else for each document."""
    from hopgym.agents.rag.generator import T5Generator

    t5 = tiny_t5(words, seed)
    with torch.no_grad():
        t5.decoder.block[0].layer[1].EncDecAttention.o.weight.mul_(8)
        noise = torch.randn(words, 16, generator=torch.Generator().manual_seed(seed))
        t5.lm_head.weight.copy_(noise / 2)
    return T5Generator(t5, Letters(words), max_input_tokens=64, max_answer_tokens=4)


def answers_up_to(words, longest, end=1):
    """All answers of at most so many tokens, the end included; id 0 pads and is none."""
    tokens = [each for each in range(2, words)]
    for length in range(longest):
        for begun in itertools.product(tokens, repeat=length):
            yield (*begun, end)


def logp_by_hand(generator, question, document, ids):
    """`log p(y_t | x, z, y_<t)` of one answer and one document, by the model as it comes."""
    tokens = generator._tokens([generator.inputs(question, document)], 64)
    with torch.no_grad():
        start = [generator.start, *ids[:-1]]
        logits = generator.model(**tokens, decoder_input_ids=torch.tensor([start])).logits[0]
    return logits.log_softmax(-1)[torch.arange(len(ids)), list(ids)]
