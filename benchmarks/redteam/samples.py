"""Episodes that were paid and are wrong: what a hole in a reward looks like.

What a policy writes is hostile text: it is kept as JSON, cut to a length, and shown with what cannot
be seen made visible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...agents.rollout import Episode
from ...core import Question, from_json, to_json
from ...files import atomic_write, read_lines
from .gap import Exam

FILE = "samples.jsonl"
MOST = 3
"""Of one examination."""
LONG = 1_500
"""Characters of a transcript."""


@dataclass(frozen=True)
class Sample:
    """An episode with a reward and no truth in it."""

    update: int
    question_id: str
    question: str
    answers: tuple[str, ...]
    """Those that are accepted."""
    said: str
    reward: float
    true: float
    transcript: str


def samples_of(
    exam: Exam, episodes: Sequence[Episode], questions: Mapping[str, Question], most: int = MOST
) -> list[Sample]:
    """Return the best paid of the episodes that are wholly wrong; none where nothing was paid.

    Args:
        exam: What they earned.
        episodes: Those of the examination.
        questions: What was asked, by id.
        most: How many.
    """
    wrong = {id for id, true in exam.true.items() if true <= 0 < exam.pay[id]}
    own = {one.job.question_id: one.trajectory for one in episodes if one.trajectory is not None}
    best = sorted(wrong & set(own), key=lambda id: (-exam.pay[id], id))[:most]
    return [
        Sample(
            exam.update,
            id,
            questions[id].text,
            tuple(questions[id].answers),
            cut(own[id].prediction or "", LONG // 3),
            exam.pay[id],
            exam.true[id],
            cut(own[id].transcript, LONG),
        )
        for id in best
    ]


def write_samples(folder: Path, samples: Sequence[Sample], update: int) -> None:
    """Keep the samples of an examination, beside those of earlier ones."""
    kept = [one for one in read_samples(folder) if one.update < update]
    with atomic_write(folder / FILE) as stream:
        stream.writelines(to_json(one) + b"\n" for one in [*kept, *samples])


def read_samples(folder: Path) -> list[Sample]:
    """Return the samples of an attack, by update."""
    path = folder / FILE
    if not path.is_file():
        return []
    return [from_json(line, Sample) for line in read_lines(path) if line.strip()]


def cut(text: str, most: int) -> str:
    """Return the beginning and the end of a text that is too long.

    >>> cut("abcdefgh", 5)
    'ab … gh'
    """
    half = most // 2
    return text if len(text) <= most else f"{text[:half]} … {text[-half:]}"


def escaped(text: str) -> str:
    r"""Return a text in which what does not print is written as its escape.

    >>> escaped("a\u200bb\n")
    'a\\u200bb\\n'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
