"""Chats, documents and a model small enough to learn a toy: answers that stand in the documents."""

import json
from copy import deepcopy

from tiny_llms import byte_tokenizer, needs_llms, spaced_tokenizer

from hopgym.core import Document
from hopgym.retrieval import Hits

VEL = Document("vel", "Vel", "A film by Ada Orm.")
ADA = Document("ada", "Ada Orm", "Native of Tessa.")
TESSA = Document("tessa", "Tessa", "A town on a river.")
CORPUS = [VEL, ADA, TESSA]
COLOURS = ["red", "blue"]


def chat(asked="Where was the maker of Vel born?", said="Tessa", **rest):
    messages = [{"role": "user", "content": asked}]
    if said is not None:
        messages.append({"role": "assistant", "content": said})
    return {"messages": messages, **rest}


def roles(conversation):
    return [message["role"] for message in conversation["messages"]]


class Counting:
    """Finds the documents that share a word with the query, and remembers what it was asked."""

    fingerprint = "counting"

    def __init__(self, documents=CORPUS):
        self.documents = list(documents)
        self.calls = []

    def search(self, queries, k):
        self.calls.append(list(queries))
        rows = [self._found(query)[:k] for query in queries]
        return Hits(rows, [[1.0 / n for n in range(1, len(row) + 1)] for row in rows])

    def _found(self, query):
        words = set(query.lower().replace("?", "").split())
        return [d for d in self.documents if words & set(f"{d.title} {d.text}".lower().split())]


def tokenizers():
    """Fresh tokenizers, byte pairs and with spaces before words: tests change them."""
    return [deepcopy(byte_tokenizer()), deepcopy(spaced_tokenizer())]


def colour_document(colour, id="d"):
    return {"id": id, "title": colour, "text": " ".join([colour] * 3)}


def colour_files(folder, count=48):
    """Chats whose answer is the one word of their document, and these documents."""
    chats = [chat("Which?", COLOURS[n % 2], id=str(n)) for n in range(count)]
    found = [
        {"id": str(n), "documents": [colour_document(COLOURS[n % 2], f"d{n}")]}
        for n in range(count)
    ]
    for name, rows in (("chats.jsonl", chats), ("found_train.jsonl", found)):
        (folder / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return folder


def colour_settings(folder, **changes):
    from hopgym.agents.rag_chat.settings import RagChatSettings

    given = {
        "block_pattern": "T,M",
        "width": 32,
        "vocabulary": 300,
        "tasks": (str(folder / "chats.jsonl"),),
        "task_type": "static",
        "contexts": str(folder / "found"),
        "output_dir": str(folder / "out"),
        "epochs": 10,
        "device_batch_size": 8,
        "lr": 5e-3,
        "logging_steps": 1,
    }
    return RagChatSettings(**{**given, **changes})


def scripted(tokenizer, turns):
    """A causal language model whose n-th turn in a conversation is the n-th of these texts."""
    import torch
    from transformers import GenerationConfig, PreTrainedConfig

    end = tokenizer.convert_tokens_to_ids("<|assistant_end|>")
    start = tokenizer.convert_tokens_to_ids("<|assistant_start|>")
    written = [[*tokenizer.encode(turn, add_special_tokens=False), end] for turn in turns]

    class Scripted(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))
            self.config = PreTrainedConfig()
            self.generation_config = GenerationConfig()

        def forward(self, input_ids, attention_mask=None, use_cache=None):
            logits = torch.zeros(*input_ids.shape, len(tokenizer))
            for n, row in enumerate(input_ids.tolist()):
                begun = [place for place, id in enumerate(row) if id == start]
                turn = written[len(begun) - 1]
                logits[n, -1, turn[len(row) - begun[-1] - 1]] = 9.0
            return type("Out", (), {"logits": logits})()

    return Scripted()


__all__ = ["byte_tokenizer", "needs_llms", "spaced_tokenizer"]
