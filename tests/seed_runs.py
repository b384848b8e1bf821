"""The published command line of the small-scale re-implementation, against fakes of all services.

`run_grpo` runs it in a process of its own, as a user would, with keys on the command line.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from exa_server import KEY as EXA_KEY
from hub_server import TOKEN as HUB_TOKEN
from tiny_llms import byte_tokenizer, needs_llms

needs_llms()
import torch  # noqa: E402

from hopgym.agents.lanes import Job  # noqa: E402
from hopgym.agents.llm.codec import TextCodec  # noqa: E402
from hopgym.agents.llm.generator import Generation  # noqa: E402
from hopgym.agents.llm.rollout import token_rollout  # noqa: E402
from hopgym.envs.datasets import make_questions  # noqa: E402
from hopgym.envs.grammars import make_grammar  # noqa: E402

DAG = "hopgym/DagSearch-v0"
OPENAI_KEY = "sk-this-is-never-seen-0d4b"
WANDB_KEY = "wb-this-is-never-seen-77ab"
KEYS = (OPENAI_KEY, EXA_KEY, WANDB_KEY, HUB_TOKEN)
VARIABLES = (
    "OPENAI_API_KEY", "EXA_API_KEY", "WANDB_API_KEY", "HF_TOKEN", "OPENAI_BASE_URL",
    "EXA_BASE_URL", "WANDB_PROJECT", "TENSORBOARD_LOGGING_DIR", "RANK",
)  # fmt: skip
"""What of the environment changes such a run."""
ANSWERS = ("Ada", "Bo")
"""What the model answers; the first is right."""


@dataclass
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def said(self):
        return self.out + self.err


def write_questions(folder, count=4):
    """Write questions in the published form; return the file."""
    rows = [{"id": str(n), "question": f"Who made Vel {n}?", "answer": "Ada"} for n in range(count)]
    file = folder / "your_data.json"
    file.write_text(json.dumps(rows))
    return file


def run_grpo(folder, *flags, env=()):
    """Run `hopgym train grpo` there, with no key in the environment but those that are given."""
    usual = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    usual |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hf")}
    done = subprocess.run(
        [sys.executable, "-m", "hopgym", "train", "grpo", *map(str, flags)],
        cwd=folder,
        env={**usual, **dict(env)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def keys_in(folder):
    """Return the files below a folder that hold a key."""
    held = [(file, file.read_bytes()) for file in Path(folder).rglob("*") if file.is_file()]
    assert held
    return [file for file, content in held if any(key.encode() in content for key in KEYS)]


def save_planner(folder, questions):
    """Write a model that searches and answers, rightly or not: a little one, taught by heart.

    Args:
        folder: Where.
        questions: The questions that it knows; Exa, or what stands in for it, is asked for them.
    """
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.set_num_threads(1)
    tokenizer = byte_tokenizer()
    rows = _lessons(questions, tokenizer)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = Qwen2Config(
            vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=1024,
            tie_word_embeddings=True,
        )  # fmt: skip
        model = Qwen2ForCausalLM(config)
        _teach(model, rows)
    model.generation_config.eos_token_id = None
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


class _Script:
    """Plans one search, then gives an answer that the episode's number chooses."""

    def __init__(self, tokenizer, answer):
        self.tokenizer, self.answer = tokenizer, answer
        self.codec, self.grammar = TextCodec(tokenizer), make_grammar("dag")

    def generate(self, prompts, rngs, stop):
        return [self._written(self.codec.decode(prompt)) for prompt in prompts]

    def _written(self, said):
        if "Web page" in said:
            text = self.grammar.write_answer(2, "I know.", self.answer)
        else:
            text = self.grammar.write_query(1, "I look.", "who made Vel")
        ids = self.codec.encode(text)
        return Generation(ids, [0.0] * len(ids), text, text, "stop")


def _lessons(questions, tokenizer):
    question_set = make_questions(str(questions))
    jobs = [Job(question.id) for question in question_set.questions("train")]
    kwargs = {"questions": question_set, "retriever": "exa", "judge": "rule"}
    return [
        tokens
        for answer in ANSWERS
        for _, tokens in token_rollout(DAG, _Script(tokenizer, answer), jobs, env_kwargs=kwargs)
    ]


def _teach(model, rows, steps=100):
    length = max(map(len, rows))
    ids = torch.tensor([row.ids + [0] * (length - len(row)) for row in rows])
    own = torch.tensor([row.mask + [0] * (length - len(row)) for row in rows])
    labels = torch.where(own.bool(), ids, -100)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    for _ in range(steps):
        loss = model(input_ids=ids, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
