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

from ...errors import ConfigError, DataError
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
    collected = taught = reinforced = None
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
    with _bar(CollectDisplay, shown) as display:
        game = stages.collection(settings)
        collected = collect(game, raw, num_envs=settings.num_envs, reporter=display)
    if not collected.accepted:
        raise DataError(
            f"The teacher {settings.teacher} played {collected.questions} questions, and none of "
            f"its episodes fulfils {', '.join(settings.accept)}: there is nothing to learn. "
            f"{collected.first_error or 'Give more --top_k or --hops, or another --accept.'}"
        )
    told = stages.supervised(settings, start, raw, folder / "supervised")
    with _bar(SFTDisplay, shown) as display:
        return collected, train_sft(told, display)


def _reinforced(settings: RefragSettings, folder: Path, shown: bool) -> Any:
    taught = folder / "supervised"
    start = str(taught) if (taught / FILE).is_file() else settings.model_name
    with _bar(Display, shown) as display:
        if settings.algorithm == "grpo":
            return train_grpo(stages.grpo(settings, start, folder / "rl"), display)
        return train_ppo(stages.ppo(settings, start, folder / "rl"), display)


def _bar(kind: type[Any], shown: bool) -> AbstractContextManager[Any]:
    return kind() if shown else nullcontext()


def _check_free(settings: RefragSettings, folder: Path) -> None:
    """Refuse what would fail later: an earlier run that is not resumed, or a model that is none."""
    names = {"supervised": ("supervised",), "rl": ("rl",)}.get(settings.stage, ("supervised", "rl"))
    for name in names:
        RunFolder(folder / name).check_free(resume=settings.resume)
    check_model(settings.model_name)


def _check_alone() -> None:
    if os.environ.get("WORLD_SIZE", "1") != "1":
        raise ConfigError(
            "refrag runs its stages in one process. With accelerate or torchrun start them apart: "
            "hopgym expert collect, hopgym train sft, and hopgym train grpo or ppo with "
            "--env_id hopgym/RAG-v0."
        )


def _publish(stage: Path, folder: Path, settings: RefragSettings) -> None:
    """Make a stage's model the run's, and say how it is played."""
    for file in sorted(stage.iterdir()):
        if file.suffix in _MODEL and file.name not in _RECORDS:
            shutil.copyfile(file, folder / file.name)
    kind, options = read_model_folder(stage)
    options.pop("model")
    write_model_folder(folder, kind, options, {**asdict(settings), "last_stage": stage.name})


_MODEL = (".json", ".safetensors", ".jinja", ".model", ".txt")
