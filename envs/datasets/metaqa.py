"""MetaQA (arXiv 1709.04071): film questions of one, two or three hops over one knowledge base.

Reads the official folder: `kb.txt` of `head|relation|tail` lines, `{1,2,3}-hop/vanilla/qa_{split}.txt`
of `question with [topic]`, a tab and `answer|answer`, and beside them `{1,2,3}-hop/qa_{split}_qtype.txt`.
Gold facts are not given.

A question's facts are those around its topic. Three hops from a film there is much of the base,
through genres and years; so busy entities are not walked on from, see `KnowledgeBase.around`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ...core import Question
from ...errors import ConfigError, DataError
from ...files import read_lines
from .graph_records import read_graphs
from .knowledge_base import FactFiles, whole_number
from .lazy import LazyQuestions, SplitQuestions, find_file, must_find, named_by_files
from .records import Record

SPLITS = ("train", "dev", "test")
VARIANTS = ("vanilla", "ntm")

_TOPIC = re.compile(r"\[([^\[\]]+)\]")


def load_metaqa(
    path: str | Path,
    *,
    hops: int | str = 3,
    variant: str = "vanilla",
    hub: int | str = 100,
    max_facts: int | str = 5_000,
    strict: bool = True,
    limit: int | None = None,
) -> SplitQuestions:
    """Load MetaQA from its official folder; files may be gzipped.

    Args:
        path: The folder. Where it has no `kb.txt`, all its `kb*.txt` together are the base.
        hops: 1, 2 or 3: which questions, and how far their facts reach.
        variant: `vanilla`, or the paraphrases of `ntm`.
        hub: Entities with more facts than this are not walked on from; 0 for no limit.
        max_facts: The most facts of a question, the nearest first; 0 for no limit.
        strict: Whether a bad line raises; otherwise it is skipped.
        limit: Read no more questions of a split than this.

    Raises:
        ConfigError: If an option has an impossible value.
        DataError: If a file is missing, or a line is bad.
    """
    folder, reach = Path(path), whole_number("hops", hops, 1, 3)
    if variant not in VARIANTS:
        raise ConfigError(f"variant is {variant!r}; it may be {' or '.join(VARIANTS)}.")
    around = {"hub": whole_number("hub", hub, 0), "most": whole_number("max_facts", max_facts, 0)}
    questions = folder / f"{reach}-hop" / variant
    files = {split: find_file(questions, f"qa_{split}.txt") for split in SPLITS}
    found = {split: file for split, file in files.items() if file is not None}
    if not found:
        must_find(questions, *(f"qa_{split}.txt" for split in SPLITS))
    facts = FactFiles(_base_files(folder), "|")
    read = partial(_read, facts, reach, around, strict, limit)
    name = f"metaqa-{reach}hop" + ("" if variant == "vanilla" else f"-{variant}")
    identify = partial(
        named_by_files, [*facts.files, *found.values()], reach, sorted(around.items()), limit
    )
    return SplitQuestions(
        name, {split: partial(read, split, file) for split, file in found.items()}, identify
    )


def _base_files(folder: Path) -> Sequence[Path]:
    whole = find_file(folder, "kb.txt")
    parts = sorted([*folder.glob("kb*.txt"), *folder.glob("kb*.txt.gz")])
    return [whole] if whole else parts or [must_find(folder, "kb.txt")]


def _read(
    facts: FactFiles,
    hops: int,
    around: dict[str, int],
    strict: bool,
    limit: int | None,
    split: str,
    file: Path,
) -> tuple[LazyQuestions, Sequence[str]]:
    kinds = _kinds(file, hops, split)
    name = f"metaqa-{hops}hop {split}"
    lines = _lines(file, kinds, f"{hops}hop-{split}")
    outlines, skipped = read_graphs(name, convert, lines, strict=strict, limit=limit)
    return LazyQuestions(outlines, partial(_complete, facts, hops, around)), skipped


def _complete(
    facts: FactFiles, hops: int, around: dict[str, int], _: int, outline: Question
) -> Question:
    found = facts.base.around(outline.topic_entities, hops, **around)
    return replace(outline, facts=found)


def _kinds(file: Path, hops: int, split: str) -> Sequence[str]:
    """Return the type of each question, such as `movie_to_director_to_movie`, where it is told."""
    kinds = find_file(file.parent.parent, f"qa_{split}_qtype.txt")
    return [] if kinds is None else [line.strip() for line in read_lines(kinds)]


def _lines(file: Path, kinds: Sequence[str], prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield each line's place and what it says; ids count the lines, since some texts come twice."""
    for number, line in enumerate(read_lines(file), 1):
        if line.strip():
            where = f"{file}:{number}"
            text, tab, answers = line.rstrip("\r\n").partition("\t")
            if not tab:
                yield where, DataError(f"{where}: a line is question, tab, answers: {line!r:.60}.")
                continue
            kind = kinds[number - 1] if number <= len(kinds) else ""
            yield (
                where,
                {
                    "id": f"{prefix}-{number}",
                    "question": text,
                    "answer": [answer for answer in answers.split("|") if answer.strip()],
                    "type": kind,
                },
            )


def convert(record: Record) -> Question:
    """Read one question; its text loses the brackets around its topic."""
    text = record.text("question")
    topics = tuple(dict.fromkeys(topic.strip() for topic in _TOPIC.findall(text)))
    if not topics:
        raise record.bad("question", f"must name its topic in [brackets], not {text!r:.60}")
    answers = record.texts("answer")
    return Question(
        record.id("id"),
        _TOPIC.sub(r"\1", text),
        answers,
        type=record.get("type", ""),
        topic_entities=topics,
        answer_entities=answers,
    )
