"""Every trainer in a run of seconds, the faults that end it, and what is left of it.

Each run saves at least twice, so that there is a last good state when the second save fails.
"""

import hashlib
import json
import os
import re
import subprocess
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest

SFT, PPO, GRPO = "sft", "ppo", "grpo"
TRAINERS = (
    "drag1", "sb3", "compress", PPO, SFT, "rag", "tiny", "drag2", GRPO, "rag_chat",
)  # fmt: skip
TIMES = re.compile(r"(_s|seconds|time|wall|perf.*|train_runtime.*|.*_per_second)$|^time/")


class Work:
    """A trainer's run: what it needs is made once, and each training has a folder of its own.

    Args:
        name: One of `TRAINERS`.
        place: Where what it needs is, and its folders.
    """

    def __init__(self, name, place):
        self.name, self.place = name, Path(place)
        self._runs = import_module(_RUNS[name])
        _PREPARE.get(name, lambda runs, folder: None)(self._runs, self.place)

    def train(self, out, **changes):
        """Train in `out`, from where it stopped if it has."""
        flag = "checkpoint_dir" if self.name.startswith("drag") else "output_dir"
        given = {flag: str(out), "resume": True, **_GIVEN.get(self.name, {}), **changes}
        make = getattr(self._runs, _SETTINGS.get(self.name, "settings"))
        train = import_module(_TRAIN.get(self.name, f"hopgym.agents.{self.name}.train")).train
        return train(make(self.place, **given))


def _tiny_settings(folder, **changes):
    from hopgym.agents.tiny.settings import TinySettings

    small = {
        "steps": 5, "batch_tokens": 400, "layers": 2, "width": 16, "threads": 1, "heads": 2,
        "vocabulary": 500, "eval_steps": 2, "eval_episodes": 2, "float16": False,
    }  # fmt: skip
    return TinySettings(**{**small, **changes})


settings = _tiny_settings  # of `tiny`, which has no module of runs

_RUNS = {
    "tiny": "faulty_runs", "sb3": "sb3_toys", "drag1": "drag_runs", "drag2": "drag_runs",
    "rag": "rag_runs", "compress": "compress_runs", SFT: "sft_runs", PPO: "ppo_runs",
    GRPO: "grpo_runs", "rag_chat": "rag_chats",
}  # fmt: skip
_TRAIN = {
    "tiny": "hopgym.agents.tiny.course",
    "drag1": "hopgym.agents.drag.train",
    "drag2": "hopgym.agents.drag.train",
}
_SETTINGS = {"drag2": "joint_settings", "rag_chat": "colour_settings"}
_GIVEN = {
    "sb3": {"total_timesteps": 96, "eval_every": 32},
    "drag1": {"epochs": 3},
    "drag2": {"epochs": 3},
    "rag": {"save_steps": 2},
    SFT: {"save_steps": 2, "max_steps": 4},
    "compress": {"reconstruction_steps": 3},  # a checkpoint is in the midst of a stage
    "rag_chat": {"block_pattern": "T,T", "save_steps": 2, "max_steps": 4, "limit": 16},
}
_PREPARE = {
    "drag2": lambda runs, folder: runs.workplace(folder),
    SFT: lambda runs, folder: runs.workplace(folder),
    PPO: lambda runs, folder: runs.workplace(folder),
    GRPO: lambda runs, folder: runs.workplace(folder),
    "rag_chat": lambda runs, folder: runs.colour_files(folder),
}


def saves(monkeypatch, before):
    """Call `before(n)` as each checkpoint of any trainer is about to be written, from n = 1."""
    count = iter(range(1, 1000))
    from hopgym.agents.training import checkpoint

    recover, seen = checkpoint.recover, set()

    def own(folder):  # the first that is called where a folder is written
        if folder.name.startswith("checkpoint-") and folder not in seen:
            seen.add(folder)
            before(next(count))
        return recover(folder)

    monkeypatch.setattr(checkpoint, "recover", own)
    transformers = pytest.importorskip("transformers")
    save = transformers.Trainer._save_checkpoint

    def theirs(trainer, *args, **kwargs):
        before(next(count))
        return save(trainer, *args, **kwargs)

    monkeypatch.setattr(transformers.Trainer, "_save_checkpoint", theirs)


def left(folder):
    """What a run leaves, by file; clock times and the folder's own name are left out."""
    found = {}
    for file in sorted(Path(folder).rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_dir() or name.startswith("checkpoints/") or name == "run.json":
            continue
        if file.suffix in (".json", ".jsonl"):
            lines = file.read_text().splitlines() if file.suffix == ".jsonl" else [file.read_text()]
            found[name] = [_timeless(json.loads(line), str(folder)) for line in lines]
        else:
            found[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def _timeless(value, folder):
    if isinstance(value, dict):
        return {
            n: _timeless(v, folder)
            for n, v in value.items()
            if not TIMES.search(n) and n not in ("resume", "command")
        }
    if isinstance(value, list):
        return [_timeless(each, folder) for each in value]
    return value.replace(folder, "OUT") if isinstance(value, str) else value


def checkpoints(out):
    """The names of a run's checkpoints, whole or not."""
    return sorted(folder.name for folder in (Path(out) / "checkpoints").glob("checkpoint-*"))


def half_written(folder):
    """Files and folders that have not taken their name."""
    return [path for path in Path(folder).rglob("*") if path.name.endswith(".part")
            or re.fullmatch(r"\..+\.[a-z0-9_]{8}", path.name)]  # fmt: skip


@contextmanager
def small_disk(folder, megabytes=48):
    """A real file system of a few megabytes; the test is skipped where none may be mounted."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, timeout=20, check=False)


def fill(disk, leave=4096):
    """Fill a small disk but for some bytes; return the file to remove."""
    ballast = disk / "ballast"
    free = os.statvfs(disk)
    size = free.f_bavail * free.f_frsize - leave
    with open(ballast, "wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, max(size, 1))
    return ballast


def damaged(file, how):
    """Damage a file: `truncate`, `flip` a byte, `empty` or `remove` it."""
    content = bytearray(file.read_bytes())
    if how == "remove":
        file.unlink()
    elif how == "flip":
        content[len(content) // 2] ^= 0x55
        file.write_bytes(content)
    else:
        file.write_bytes(content[: len(content) // 2] if how == "truncate" else b"")


class Evil:
    """What runs when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)
