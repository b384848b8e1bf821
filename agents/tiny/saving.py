"""A small policy as a folder: weights, tokenizer, how it was made, and the curve.

```
OUTPUT/
    model.safetensors config.json …   the policy, as the library transformers reads it
    tokenizer.json …
    hopgym.json                       how it is played, and how it was made
    curve.json                        the figures of the run, and its exams
    run.json checkpoints/             to go on from, until the run has ended
```

Any trainer can go on from the folder, and the leaderboard plays it by its path.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...errors import DataError, require
from ...files import atomic_write, parse_json, read_text
from ..llm.quiet import quiet
from ..model_folder import write_model_folder
from ..training import checkpoint
from .train import Training

CURVE = "curve.json"
STATE = "training.pt"
_VERSIONS = ("torch", "transformers", "tokenizers", "numpy")
_DATA = (
    "Synthetic worlds of 250 to 899 entities, each made from the seed and used once: questions of "
    "1 and 2 hops played by the teacher in SearchRead, in the grammar r3, and exercises."
)


def save(
    training: Training,
    folder: str | Path,
    curve: Sequence[Mapping[str, Any]] = (),
    *,
    command: str = "",
    float16: bool = False,
) -> None:
    """Write a policy as it stands.

    Args:
        training: The run.
        folder: Where.
        curve: The run's figures so far; the marks of the last exam are told beside the settings.
        command: What started the run.
        float16: Whether the weights are written in 16 bits, which halves the file.
    """
    torch = require("torch", "llm")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    kind = torch.float16 if float16 else torch.float32
    weights = training.model.state_dict()
    # One tensor for both ends of the model, or it would be written twice.
    cast = {weight.data_ptr(): weight.to(kind) for weight in weights.values()}
    weights = {name: cast[weight.data_ptr()] for name, weight in weights.items()}
    with quiet():
        training.model.save_pretrained(target, state_dict=weights)
        training.tokenizer.save_pretrained(target)
    (target / "model.safetensors").chmod(0o644)
    _write_json(target / CURVE, list(curve))
    write_model_folder(target, "tiny", {}, _made(training, curve, command))


def save_state(training: Training, folder: Path, curve: Sequence[Mapping[str, Any]] = ()) -> None:
    """Write what a run needs to go on into a checkpoint's folder."""
    checkpoint.save_state(training.state(), folder / STATE)
    _write_json(folder / CURVE, list(curve))


def load_state(training: Training, folder: Path) -> list[dict[str, Any]]:
    """Put a run where an earlier one of the same configuration stopped, and return its curve.

    Raises:
        DataError: If the checkpoint's files cannot be read.
    """
    state = checkpoint.load_state(folder / STATE)
    with checkpoint.readable(folder / STATE):
        training.restore(state)
    points: list[dict[str, Any]] = _read_json(folder / CURVE)
    return points


def _made(training: Training, curve: Sequence[Mapping[str, Any]], command: str) -> dict[str, Any]:
    marks = [{"step": each["step"], **each["exam"]} for each in curve if "exam" in each]
    return {
        "command": command,
        "training": asdict(training.config),
        "data": _DATA,
        "parameters": sum(weight.numel() for weight in training.model.parameters()),
        "step": training.step,
        "tokens": training.tokens,
        "seconds": round(training.seconds, 1),
        "multiplied_in": "bfloat16" if training.half else "float32",
        "versions": {"python": platform.python_version(), **{n: version(n) for n in _VERSIONS}},
        "marks": marks[-1] if marks else {},
    }


def _read_json(path: Path) -> Any:
    found = parse_json(read_text(path), str(path))
    if not isinstance(found, list):
        raise DataError(f"{path} does not hold what a training run wrote; train anew.")
    return found


def _write_json(path: Path, value: Any) -> None:
    with atomic_write(path) as stream:
        stream.write((json.dumps(value, indent=1) + "\n").encode())
