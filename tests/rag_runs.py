"""Small RAG runs on a small world, with encoders and a generator of random weights."""

from pathlib import Path

import pytest
from tiny_llms import needs_llms

needs_llms()
pytest.importorskip("transformers")
import torch  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

from hopgym.agents.ppo.team import Team  # noqa: E402
from hopgym.agents.rag.building import new_model  # noqa: E402
from hopgym.agents.rag.data import read_data, read_examples  # noqa: E402
from hopgym.agents.rag.learner import Learner  # noqa: E402
from hopgym.agents.rag.refresh import FreshIndex  # noqa: E402
from hopgym.agents.rag.settings import RagSettings  # noqa: E402

torch.set_num_threads(1)

WORLD = "world?entities=60&train=12&dev=4&test=0&hops=1"


def settings(folder: Path, **changes) -> RagSettings:
    """Those of a run of six steps."""
    given = {
        "dataset_name": WORLD,
        "question_encoder": "tiny",
        "generator_model": "tiny",
        "n_docs": 2,
        "batch_size": 4,
        "num_epochs": 2,
        "warmup_steps": 1,
        "learning_rate": 3e-3,
        "reindex_every": 2,
        "max_question_tokens": 32,
        "max_passage_tokens": 48,
        "max_input_tokens": 64,
        "max_answer_tokens": 12,
        "logging_steps": 2,
        "output_dir": str(folder / "one"),
        "device": "cpu",
    }
    return RagSettings(**{**given, **changes})


def learner(given: RagSettings, team: Team | None = None, total=10, precision="float32") -> Learner:
    """A learner about to begin."""
    data, team = read_data(given), team or Team()
    model = new_model(given, data, "cpu")
    index = FreshIndex(model.towers, data.documents, given, team)
    return Learner(model, index, given, total, team, precision)


def examples(given: RagSettings):
    data = read_data(given)
    return read_examples(data.trained, data.documents, given.hard_negatives)


def copied(module):
    """A module's weights as they are now."""
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[n], right[n]) for n in left)


def weights(folder: Path):
    """All weights of a trained folder, by file."""
    files = [*folder.glob("towers/*/*.safetensors"), *folder.glob("generator/*.safetensors")]
    return {
        f"{file.relative_to(folder)}:{name}": value
        for file in files
        for name, value in load_file(file).items()
    }


def left(folder: Path):
    """What a run leaves: its weights, and the lines of its files."""
    names = ("marks.jsonl", "journal.jsonl", "rag.json")
    return weights(folder), [(folder / name).read_text() for name in names]
