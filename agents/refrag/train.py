"""Training a recursive retrieval policy: it imitates a teacher, and is then reinforced.

```
OUTPUT/
    start/            the model to begin with, boundaries added
    episodes.jsonl    what the teacher played
    supervised/       the run of supervised fine-tuning, and its model
    rl/               the run of reinforcement learning, and its model
    hopgym.json …     the last of these models, as a leaderboard runs it
```

Every part is a learner's own (`expert`, `sft`, `grpo`, `ppo`), keeps its own checkpoints, and is
gone on with by `resume`. A stage can be run alone: `rl` begins with what `supervised` left in the
same folder, and where there is nothing with the model that is named.
"""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import ConfigError, DataError, ResultsError
from ...files import sweep
from ..expert.collect import Collected, collect
from ..expert.progress import Display as CollectDisplay
from ..grpo.train import train as train_grpo
from ..llm.loading import check_model
from ..model_folder import FILE, read_model_folder, write_model_folder
from ..ppo.train import train as train_ppo
from ..sft.display import SFTDisplay
from ..sft.train import train as train_sft
from ..training.display import Display
from ..training.folder import RunFolder
from ..training.limits import limits_told
from . import stages
from .settings import RefragSettings
from .start import make_start

_RECORDS = ("run.json", FILE)
"""Files of a stage that say how it was run, and not what the model is."""


class Trained(NamedTuple):
    """What came of a training."""

    folder: Path
    """The trained model, as the leaderboard runs it."""
    collected: Collected | None
    """What the teacher played; None where that was no stage of the run."""
    supervised: Any = None
    """What supervised fine-tuning told (`sft.train.Trained`)."""
    rl: Any = None
    """What GRPO or PPO told (their `train.Trained`)."""


def train(settings: RefragSettings, *, shown: bool = False) -> Trained:
    """Train a policy, by the stages that are asked for.

    Args:
        settings: What and how.
        shown: Whether to show how it goes.

    Raises:
        ConfigError: If a setting does not fit the model, the questions or an earlier run.
        DataError: If the teacher's episodes teach nothing, or held-out questions are trained on.
    """
    _check_alone()
    folder = Path(settings.output_dir)
    _check_free(settings, folder)
    _check_stages(settings, folder)
    sweep(folder)  # of a run that was killed
    collected = taught = reinforced = None
    anew = "a smaller --batch_size, --device_batch_size, --batch_tokens or --max_length"
    with limits_told(folder, anew, "a smaller --num_envs", again=True):
        if settings.stage != "rl":
            collected, taught = _supervised(settings, folder, shown)
            _publish(folder / "supervised", folder, settings)
        if settings.stage != "supervised":
            reinforced = _reinforced(settings, folder, shown)
            _publish(folder / "rl", folder, settings)
    return Trained(folder, collected, taught, reinforced)


def _supervised(settings: RefragSettings, folder: Path, shown: bool) -> tuple[Collected, Any]:
    start = make_start(settings, folder / "start")
    raw = folder / "episodes.jsonl"
    collected = _collected(settings, raw, shown)
    if not collected.accepted:
        raise DataError(
            f"The teacher {settings.teacher} played {collected.questions} questions, and none of "
            f"its episodes fulfils {', '.join(settings.accept)}: there is nothing to learn. "
            f"{collected.first_error or 'Give more --top_k or --hops, or another --accept.'}"
        )
    told = stages.supervised(settings, start, raw, folder / "supervised")
    with _bar(SFTDisplay, shown) as display:
        return collected, train_sft(told, display)


def _collected(settings: RefragSettings, raw: Path, shown: bool) -> Collected:
    game = stages.collection(settings)
    try:
        with _bar(CollectDisplay, shown) as display:
            return collect(game, raw, num_envs=settings.num_envs, reporter=display)
    except ResultsError as error:
        raise ConfigError(
            f"The teacher's episodes in {raw.parent} cannot be gone on with: give the settings that "
            f"they were played with, or another --output_dir. ({error})"
        ) from error


def _reinforced(settings: RefragSettings, folder: Path, shown: bool) -> Any:
    start = str(folder / "supervised") if _is_taught(folder) else settings.model_name
    with _bar(Display, shown) as display:
        if settings.algorithm == "grpo":
            return train_grpo(stages.grpo(settings, start, folder / "rl"), display)
        return train_ppo(stages.ppo(settings, start, folder / "rl"), display)


def _is_taught(folder: Path) -> bool:
    return (folder / "supervised" / FILE).is_file()


def _bar(kind: type[Any], shown: bool) -> AbstractContextManager[Any]:
    return kind() if shown else nullcontext()


def _check_free(settings: RefragSettings, folder: Path) -> None:
    """Refuse what would fail later: an earlier run that is not resumed, or a model that is none."""
    names = {"supervised": ("supervised",), "rl": ("rl",)}.get(settings.stage, ("supervised", "rl"))
    for name in names:
        RunFolder(folder / name).check_free(resume=settings.resume)
    check_model(settings.model_name)


def _check_stages(settings: RefragSettings, folder: Path) -> None:
    """Refuse before the first stage what the last would refuse, or would not look at."""
    stages.env_set(settings)
    if settings.stage == "supervised":
        return
    learner = stages.grpo if settings.algorithm == "grpo" else stages.ppo
    learner(settings, settings.model_name, folder / "rl")
    makes = settings.block_pattern or settings.boundary_tokens
    if settings.stage == "rl" and makes and not _is_taught(folder):
        raise ConfigError(
            "block_pattern and boundary_tokens make the model that is taught first, and "
            f"{folder} holds none that was. Begin with --stage all or supervised, or leave them out."
        )


def _check_alone() -> None:
    if os.environ.get("WORLD_SIZE", "1") != "1":
        raise ConfigError(
            "refrag runs its stages in one process. With accelerate or torchrun start them apart: "
            "hopgym expert collect, hopgym train sft, and hopgym train grpo or ppo with "
            "--env_id hopgym/RAG-v0."
        )


def _publish(stage: Path, folder: Path, settings: RefragSettings) -> None:
    """Make a stage's model the run's, and say how it is played.

    Of an adapter and whole weights side by side, the wrong one would be loaded: what the other stage
    left goes first.
    """
    (folder / FILE).unlink(missing_ok=True)
    for name in _model_files(folder / "supervised") | _model_files(folder / "rl"):
        (folder / name).unlink(missing_ok=True)
    for name in sorted(_model_files(stage)):
        shutil.copyfile(stage / name, folder / name)
    kind, options = read_model_folder(stage)
    options.pop("model")
    write_model_folder(folder, kind, options, {**asdict(settings), "last_stage": stage.name})


def _model_files(stage: Path) -> set[str]:
    files = stage.iterdir() if stage.is_dir() else ()
    return {file.name for file in files if file.suffix in _MODEL and file.name not in _RECORDS}


_MODEL = (".json", ".safetensors", ".jinja", ".model", ".txt")
