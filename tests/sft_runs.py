"""A small model to train, and rows to train it on."""

import random
from pathlib import Path

import numpy as np
from tiny_llms import CHAT, byte_tokenizer, needs_llms, save_causal_lm

needs_llms()

from hopgym.agents.expert.rows import StepRow, write_instructions  # noqa: E402
from hopgym.agents.sft.settings import SFTSettings  # noqa: E402
from hopgym.envs.grammars import make_grammar  # noqa: E402

R3 = make_grammar("r3")
WORDS = ["vel", "orm", "tessa", "ada", "bo", "lin", "ull", "mere"]


def rows(count=16):
    """Episodes of two steps: one query, and the answer that a document tells."""
    made = []
    for n in range(count):
        name, value = WORDS[n % 8], WORDS[(n * 3 + 1) % 8]
        question = f"Where is {name} {n}?"
        context = R3.opening(question)
        first = R3.write_query(1, f"I look for {name}.", name)
        shown = R3.documents([R3.document(1, name, f"{name} is in {value}.", 100)])
        second = R3.write_answer(2, f"{name} is in {value}.", value)
        later = f"{context}\n{first}{shown}"
        for step, (seen, said) in enumerate([(context, first), (later, second)], 1):
            made.append(
                StepRow(
                    question_id=f"q{n}", step=step, context=seen, output=said, question=question
                )
            )
    return made


def workplace(folder: Path, count=16) -> Path:
    """A folder with a model (`base`) and rows (`rows.jsonl`)."""
    save_causal_lm(folder / "base", chat_template=CHAT)
    write_instructions(folder / "rows.jsonl", rows(count))
    return folder


def settings(folder: Path, **changes) -> SFTSettings:
    given = {
        "model_name": str(folder / "base"),
        "data_path": (str(folder / "rows.jsonl"),),
        "output_dir": str(folder / "out"),
        "max_length": 512,
        "batch_size": 2,
        "gradient_accumulation_steps": 2,
        "lr": 3e-3,
        "logging_steps": 1,
        "lora_r": 0,
        "gradient_checkpointing": False,
        "max_new_tokens": 24,
    }
    return SFTSettings(**{**given, **changes})


def generators():
    """The state of the global generators."""
    import torch

    return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()


__all__ = ["R3", "byte_tokenizer", "generators", "rows", "settings", "workplace"]
