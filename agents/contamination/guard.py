"""Before a training: is what is trained on apart from what it is judged by? And what was it?

Each learner has a setting `contamination`: `refuse` refuses questions that are the same (by id, text
or gold facts) and warns of those that are near (by chain, documents or words), `report` warns of both
and refuses nothing, and `off` compares nothing. Whatever it says, the model's folder remembers what
it was trained on.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from ...core import Question
from ...envs.contamination import EXACT, KINDS, Asked, Overlap, compare
from ...envs.contamination.keys import outlines_of
from ...envs.datasets.base import QuestionSet
from ...errors import DataError
from ..training.choices import Contamination, check_choice
from .record import joined, read_trained_on, trained_on, write_trained_on

_AROUND = (
    "Give another --eval_split or --eval_questions, or --eval_questions none; --contamination report "
    "goes on all the same."
)


def check_contamination(given: str) -> None:
    """Refuse a word that says nothing of what to do.

    Raises:
        ConfigError: If it is not one of those allowed.
    """
    check_choice("contamination", given, get_args(Contamination))


def keep_apart(trained: Asked, held_out: Asked, contamination: str = "refuse") -> None:
    """Refuse to train on questions that are held out, or tell of them.

    Args:
        trained: What is trained on.
        held_out: What the model is judged by.
        contamination: What to do: see above.

    Raises:
        ConfigError: If that is no such word.
        DataError: If a question stands in both, and that is to be refused.
    """
    check_contamination(contamination)
    if contamination == "off":
        return
    found = compare(trained, held_out, KINDS)
    same = found.ids(EXACT)
    if same and contamination == "refuse":
        raise DataError(f"{_told_same(found, same)} {_AROUND}")
    if same:
        warnings.warn(_told_same(found, same), stacklevel=3)
    near = sorted(set(found.ids()) - set(same))
    if near:
        warnings.warn(_told_near(found, near), stacklevel=3)


def remember(
    folder: str | Path, *parts: Asked | tuple[QuestionSet, str, Sequence[Question]], start: str = ""
) -> None:
    """Leave in a run's folder what its model is trained on, and was before.

    Args:
        folder: The run's.
        *parts: What it is trained on; `(set, split, questions)` where these are not all of a split.
        start: The model to begin with: what its folder remembers counts too.
    """
    given = [part if isinstance(part, Asked) else _asked(*part) for part in parts]
    before = read_trained_on(start) if start and Path(start).is_dir() else None
    told = joined([before, trained_on(*given) if given else None])
    if told is not None:
        write_trained_on(folder, told)


def _asked(question_set: QuestionSet, split: str, questions: Sequence[Question]) -> Asked:
    name = f"{question_set.name} {split}"
    return Asked(name, outlines_of(questions), question_set.fingerprint)


def _told_same(found: Overlap, same: Sequence[str]) -> str:
    first = next(f for f in found.findings if f.kind in EXACT)
    kinds = {kind: len(each) for kind, each in found.by_kind.items() if kind in EXACT}
    told = ", ".join(f"{count} by {kind}" for kind, count in kinds.items())
    return (
        f"{len(same)} of {len(found.evaluated.questions)} questions of {found.evaluated.name} also "
        f"stand in {found.trained.name}, which is trained on ({told}); the first: "
        f"{first.evaluated.id!r} is {first.trained.id!r} by its {first.kind}."
    )


def _told_near(found: Overlap, near: Sequence[str]) -> str:
    kinds = {
        kind: sum(f.evaluated.id in set(near) for f in each)
        for kind, each in found.by_kind.items()
        if kind not in EXACT
    }
    told = ", ".join(f"{count} by {kind}" for kind, count in kinds.items() if count)
    return (
        f"{len(near)} of {len(found.evaluated.questions)} questions of {found.evaluated.name} are near "
        f"to one of {found.trained.name} ({told}). Near ones may be fair: `hopgym "
        "contamination TRAIN HELD_OUT` shows them."
    )
