"""A small model to train in whole episodes, and a reward that tells its random actions apart."""

import json
from itertools import count
from pathlib import Path

from tiny_llms import CHAT, needs_llms, save_causal_lm

needs_llms()
import torch  # noqa: E402

from hopgym.agents.llm.generator import Generation  # noqa: E402
from hopgym.agents.ppo.settings import PPOSettings  # noqa: E402
from hopgym.core import Score  # noqa: E402
from hopgym.envs.grammars import make_grammar  # noqa: E402
from hopgym.errors import RetrievalError  # noqa: E402
from hopgym.retrieval.base import Hits  # noqa: E402

torch.set_num_threads(1)

WORLD = "world?entities=300&train=5&dev=3&test=0&hops=1"
LORA = {"lora_r": 4, "lora_target_modules": "all-linear", "lr": 1e-2}


def by_length(question, trajectory):
    """Pays short texts: a reward that random text earns now and then."""
    value = 1.0 - len(str(trajectory.steps[-1].action)) / 50
    return Score(value, {"short": value})


def by_length_and_truth(question, trajectory):
    """Pays the right answer too: what is attacked must tell the right from the wrong."""
    return Score(
        float(trajectory.prediction in question.answers) + by_length(question, trajectory).value
    )


BY_LENGTH = f"{__file__}:by_length"
BY_LENGTH_AND_TRUTH = f"{__file__}:by_length_and_truth"


class Asker:
    """Writes the same sound query in every turn."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def generate(self, prompts, rngs, stop):
        text = make_grammar("r3").write_query(1, "I look.", "Vel")
        ids = self.tokenizer.encode(text, add_special_tokens=False)
        return [Generation(ids, [-1.0] * len(ids), text, text, "stop", 0) for _ in prompts]


class Broken:
    """A retriever that is out of reach, always or every other time."""

    fingerprint = "broken"

    def __init__(self, documents=(), *, every=1):
        self.calls, self.every = count(), every

    def search(self, queries, k):
        if next(self.calls) % self.every == 0:
            raise RetrievalError("the index is out of reach")
        return Hits([[] for _ in queries], [[] for _ in queries])


BROKEN = f"{__file__}:Broken"


def workplace(folder: Path) -> Path:
    """A folder with a model, `base`."""
    save_causal_lm(folder / "base", chat_template=CHAT)
    return folder


def settings(folder: Path, **changes) -> PPOSettings:
    given = {
        "model_name": str(folder / "base"),
        "output_dir": str(folder / "out"),
        "env_set": ("max_steps=1", "top_k=1"),
        "questions": WORLD,
        "reward": BY_LENGTH,
        "updates": 3,
        "batch_questions": 2,
        "num_samples": 2,
        "max_new_tokens": 8,
        "lora_r": 0,
        "lr": 1e-3,
        "value_lr": 1e-2,
        "minibatches": 2,
        "epochs": 1,
        "eval_questions": "none",
        "eval_episodes": 2,
        "save_every": 1,
    }
    return PPOSettings(**{**given, **changes})


def weights(folder: Path):
    from safetensors.torch import load_file

    (file,) = folder.glob("*model.safetensors")
    return load_file(file)


def alike(left, right):
    """Whether two things of tensors, numbers, lists and mappings are equal to the last bit."""
    if isinstance(left, torch.Tensor):
        return torch.equal(left, right) and left.dtype == right.dtype
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(alike(left[n], right[n]) for n in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(alike, left, right))
    return left == right


def last_state(run: Path):
    """All that the last checkpoint of a run holds, and what the run tells."""
    from safetensors.torch import load_file

    (folder,) = (run / "checkpoints").iterdir()
    tensors = {file.name: load_file(file) for file in folder.glob("*.safetensors")}
    return {
        "name": folder.name,
        "weights": tensors,
        "optimizer": torch.load(folder / "optimizer.pt", weights_only=True),
        "state": json.loads((folder / "state.json").read_text()),
        "journal": lines(run / "journal.jsonl"),
        "marks": lines(run / "marks.jsonl"),
        "model": weights(run),
    }


def lines(file: Path):
    """What a file of JSON lines says, but for how long it took."""
    told = map(json.loads, file.read_text().splitlines())
    return [{n: v for n, v in line.items() if not n.endswith("_s")} for line in told]
