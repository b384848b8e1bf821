"""Hostile files of questions: each loader returns sound questions, or says which line of which file.

Records that are fine are mutated anywhere: values of every type, keys left out, deep nesting, text
that is no UTF-8, broken JSON. Nothing but a `DataError` may come of them.
"""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...core import Question, from_json, to_json
from ...envs.datasets import DATASETS
from ...envs.datasets.base import check_questions
from ...errors import DataError
from .runner import Case, Fault
from .texts import Rng, hostile, mutated, odd_value, pick

_CONTEXT = [["Vel", ["Vel is a film.", " By Ada Orm."]], ["Ada Orm", ["Born in Tessa."]]]
_EVIDENCES = [["Vel", "director", "Ada Orm"], ["Ada Orm", "place of birth", "Tessa"]]
_ASKED = {"id": "q1", "question": "Where was the director of Vel born?", "answer": "Tessa"}
_TWO_HOPS = {
    **_ASKED,
    "_id": "q1",
    "type": "bridge",
    "context": _CONTEXT,
    "supporting_facts": [["Vel", 0], ["Ada Orm", 0]],
}
_STEPS = [
    {"id": 1, "question": "Vel >> director", "answer": "Ada Orm", "paragraph_support_idx": 0},
    {"id": 2, "question": "#1 >> born", "answer": "Tessa", "paragraph_support_idx": 1},
]
_PARAGRAPHS = [
    {"idx": 0, "title": "Vel", "paragraph_text": "By Ada Orm.", "is_supporting": True},
    {"idx": 1, "title": "Ada Orm", "paragraph_text": "Born in Tessa.", "is_supporting": True},
]
_HOPS = [{"query": "director of Vel", "answer": "Ada Orm", "document_ids": ["a"], "needs": []}]
_PLACES = {"tuples": [[0, 0, 1], [1, 1, 2]], "entities": [0, 1, 2]}
_QAS = [{"id": "q1", "question": "Who?", "answers": [{"text": "Ada", "answer_start": 0}]}]

RECORDS: Mapping[str, dict[str, Any]] = {
    "hotpotqa": _TWO_HOPS,
    "two_wiki": {**_TWO_HOPS, "evidences": _EVIDENCES, "answer_aliases": ["Tessa Town"]},
    "musique": {**_ASKED, "question_decomposition": _STEPS, "paragraphs": _PARAGRAPHS},
    "bamboogle": {"id": "x", "Question": "Who?", "answer": ["Ada", "Orm"]},
    "flashrag": {**_ASKED, "golden_answers": ["Tessa"], "metadata": {"type": "count"}},
    "plain": {
        **_ASKED,
        "hops": _HOPS,
        "facts": _EVIDENCES,
        "gold_facts": [0, 1],
        "topic_entities": ["Vel"],
        "answer_entities": ["Tessa"],
    },
    "rog": {**_ASKED, "q_entity": ["Vel"], "a_entity": ["Tessa"], "graph": _EVIDENCES},
    "gtsqa": {
        **_ASKED,
        "seed_entities": ["Vel (Q1)"],
        "answer_node": "Ada Orm (Q2)",
        "answer_subgraph": [["Vel (Q1)", "director (P57)", "Ada Orm (Q2)"]],
        "all_answers_wikikg2": ["Q2"],
        "full_answer_subgraph_wikikg2": [["Q1", "P57", "Q2"]],
        "graph": [["Vel (Q1)", "director (P57)", "Ada Orm (Q2)"]],
        "n_hops": 1,
    },
    "drag_heuristics": {**_ASKED, "triples": _EVIDENCES, "paths": [["Vel", "Ada Orm", "Tessa"]]},
    "squad": {"data": [{"title": "Vel", "paragraphs": [{"context": "By Ada.", "qas": _QAS}]}]},
    "nsm": {
        **_ASKED,
        "entities": [0],
        "answers": [{"kb_id": "m.1", "text": "Ada"}],
        "subgraph": _PLACES,
    },
    "metaqa": {"line": "what did [Ada Orm] direct\tVel|Mere", "base": "Vel|directed_by|Ada Orm"},
    "pathquestion": {
        "line": "where was x born ?\tull(ull/)\tx#born_in#ull#<end>#ull",
        "base": "x\tborn_in\tull",
    },
}
"""A sound record of each loader; of those that read plain lines, a line and a line of their base."""

_PLAIN_LINES = ("metaqa", "pathquestion")


class RecordTarget:
    """A loader of question files.

    Args:
        loader: One of `RECORDS`.
    """

    def __init__(self, loader: str) -> None:
        self.name = f"records:{loader}"
        self.loader = loader
        self._folder = tempfile.TemporaryDirectory(prefix="hopgym-fuzz-")
        record = RECORDS[loader]
        sound = record if loader in _PLAIN_LINES else {"line": json.dumps(record)}
        self.check(sound, None)  # what it imports is no part of any input's time

    def make(self, rng: Rng) -> Case:
        """Return a file's content: one record, mutated; in the byte form of Latin-1."""
        record = RECORDS[self.loader]
        if self.loader in _PLAIN_LINES:
            changed = {name: _line(rng, text) for name, text in record.items()}
            return {name: _bytes(rng, text) for name, text in changed.items()}
        value = record
        for _ in range(1 + int(rng.random() * 3)):
            value = _changed(rng, value)
        text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
        if rng.random() < 0.1:
            depth = pick(rng, (0, 0, 0, 900, 100_000))
            text = mutated(rng, text) if not depth else f"{'[' * depth}{text}{']' * depth}"
        return {"line": _bytes(rng, text if self.loader == "squad" else text.replace("\n", " "))}

    def check(self, case: Case, rng: Rng | None) -> int:
        """Load the file; look at what came of it."""
        path, file = self._write(case)
        try:
            made = DATASETS.get(self.loader)(path)
            for split in made.splits:
                _check_sound(list(made.questions(split)), made.name)
        except DataError as error:
            self._check_words(str(error), file, path)
        return 1

    def _write(self, case: Case) -> tuple[Path, Path]:
        """Return what is loaded, and the file that an error must name."""
        folder = Path(self._folder.name)
        line = case["line"].encode("latin-1")
        if self.loader not in (*_PLAIN_LINES, "nsm"):
            file = folder / "file.json"
            file.write_bytes(line)
            return file, file
        names = {"nsm": "dev_simple.json", "metaqa": "1-hop/vanilla/qa_dev.txt"}
        file = folder / names.get(self.loader, "PQ-2H.txt")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(line)
        self._write_base(folder, case)
        return folder, file

    def _write_base(self, folder: Path, case: Case) -> None:
        if self.loader == "nsm":
            (folder / "entities.txt").write_text("m.0\nm.1\nm.2\n")
            (folder / "relations.txt").write_text("speaks\nkind\n")
            return
        name = "kb.txt" if self.loader == "metaqa" else "2H-kb.txt"
        (folder / name).write_bytes(case["base"].encode("latin-1"))

    def _check_words(self, said: str, file: Path, path: Path) -> None:
        """Check that an error names the file (or the folder, of what all its files lack) and a place."""
        empty = "no question could be read" in said  # no line is to blame, and the set is named
        if not empty and str(file) not in said and str(path) not in said:
            raise Fault(f"the error names no file: {said:.300}")


def record_targets() -> list[RecordTarget]:
    """Return all loaders of files."""
    return [RecordTarget(name) for name in RECORDS]


def _check_sound(questions: list[Question], name: str) -> None:
    check_questions(questions, name)
    for question in questions:
        again = from_json(to_json(question), Question)
        if (again.id, again.text, again.answers) != (question.id, question.text, question.answers):
            raise Fault(f"question {question.id!r:.60} is another one after JSON")


def _changed(rng: Rng, value: Any) -> Any:
    """Return a copy of a record with one change somewhere in it."""
    root = copy.deepcopy(value)
    holder, key = _place(rng, root)
    if holder is None:
        return odd_value(rng)
    there = holder[key]
    kind = int(rng.random() * 6)
    if kind == 0 and isinstance(holder, dict):
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.append(copy.deepcopy(there))
    elif kind == 2 and isinstance(there, str):
        holder[key] = mutated(rng, there)
    elif kind == 3:
        holder[key] = _nested(there, pick(rng, (1, 2, 40)))
    elif kind == 4 and isinstance(holder, dict):
        holder[hostile(rng, 2)] = holder.pop(key)
    else:
        holder[key] = odd_value(rng)
    return root


def _place(rng: Rng, root: Any) -> tuple[Any, Any]:
    """Return a container somewhere in a value and a key of it; None where there is none."""
    holder, key, value = None, None, root
    while isinstance(value, dict | list) and value and (holder is None or rng.random() < 0.7):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        holder, key = value, pick(rng, keys)
        value = holder[key]
    return holder, key


def _nested(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = [value]
    return value


def _line(rng: Rng, text: str) -> str:
    change: Callable[[Rng, str], str] = mutated if rng.random() < 0.8 else lambda r, t: hostile(r)
    return text if rng.random() < 0.3 else change(rng, text)


def _bytes(rng: Rng, text: str) -> str:
    """Return text as UTF-8 bytes, written as Latin-1; a few bytes are broken at times."""
    raw = bytearray(text.encode("utf-8", "surrogatepass" if rng.random() < 0.3 else "replace"))
    if raw and rng.random() < 0.05:
        raw[int(rng.random() * len(raw))] = int(rng.integers(256))
    return raw.decode("latin-1")
