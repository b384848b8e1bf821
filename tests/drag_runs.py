"""Small D-RAG runs on a small world, with a generator of a few thousand numbers."""

import random
from pathlib import Path

import numpy as np
import pytest
from tiny_llms import needs_llms, save_causal_lm

needs_llms()
pytest.importorskip("peft")
import torch  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

from hopgym.agents.drag.cases import Cases  # noqa: E402
from hopgym.agents.drag.joint import Joint  # noqa: E402
from hopgym.agents.drag.parts import joint_parts, new_parts  # noqa: E402
from hopgym.agents.drag.pretraining import Pretraining  # noqa: E402
from hopgym.agents.drag.settings import DragSettings  # noqa: E402
from hopgym.agents.drag.train import train  # noqa: E402
from hopgym.envs.datasets import make_questions  # noqa: E402

torch.set_num_threads(1)

WORLD = "world?entities=200&train=24&dev=12&test=0&hops=1-2"
MAX_FACTS = 24


def settings(folder: Path, **changes) -> DragSettings:
    """Those of phase 1."""
    given = {
        "questions": WORLD,
        "encoder": "hashing?dim=32",
        "hidden_dim": 16,
        "num_reasoning_steps": 2,
        "lr": 1e-2,
        "batch_size": 8,
        "epochs": 2,
        "max_facts": MAX_FACTS,
        "k_facts": 4,
        "checkpoint_dir": str(folder / "one"),
        "device": "cpu",
    }
    return DragSettings(**{**given, **changes})


def joint_settings(folder: Path, **changes) -> DragSettings:
    """Those of phase 2, in a folder that `workplace` made."""
    given = {
        "phase": 2,
        "phase1_checkpoint": str(folder / "one"),
        "generator_model": str(folder / "lm"),
        "checkpoint_dir": str(folder / "two"),
        "limit": 12,
        "batch_size": 4,
        "lr": 1e-3,
        "generator_lr": 1e-3,
        "projector_dim": 16,
        "lora_r": 0,
        "max_new_tokens": 8,
        "eval_episodes": 4,
    }
    return settings(folder, **{**given, **changes})


def workplace(folder: Path, **changes) -> Path:
    """A folder with a generator (`lm`) and what phase 1 left (`one`)."""
    save_causal_lm(folder / "lm")
    train(settings(folder, **changes))
    return folder


def trained_pair(folder: Path, **changes) -> Path:
    """A folder with what phase 2 left (`two`), too."""
    workplace(folder)
    train(joint_settings(folder, epochs=1, **changes))
    return folder


def pretraining(folder: Path, total=20, **changes) -> Pretraining:
    given = settings(folder, **changes)
    return Pretraining(new_parts(given), given, total)


def joint(folder: Path, total=20, **changes) -> Joint:
    """Phase 2 about to begin, in a folder that `workplace` made."""
    given = joint_settings(folder, **changes)
    return Joint(joint_parts(given), given, total)


def world_cases(split="train", count=4):
    """The first questions of the world."""
    return list(Cases(make_questions(WORLD).questions(split)[:count], MAX_FACTS))


def noise(seed=0):
    return torch.Generator().manual_seed(seed)


def copied(module):
    """A module's weights as they are now."""
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[n], right[n]) for n in left)


def weights(folder: Path):
    """All weights of a folder, those of its generator too, by file."""
    files = [*folder.glob("*.safetensors"), *folder.glob("generator/*.safetensors")]
    return {
        f"{file.relative_to(folder)}:{name}": value
        for file in files
        for name, value in load_file(file).items()
    }


def left(folder: Path):
    """What a run leaves: its weights, and the lines of its files."""
    names = ("marks.jsonl", "journal.jsonl", "drag.json")
    return weights(folder), [(folder / name).read_text() for name in names]


def generators():
    """The state of the global generators."""
    return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
