"""HotpotQA (arXiv 1809.09600): two-hop questions with ten paragraphs and supporting facts.

Reads the official distractor and full-wiki files. In full-wiki files the gold paragraphs are often
not among the ten: they stay gold, and out of reach.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...core import Question
from .drafts import Draft, Passage, load_any
from .loaded import LoadedQuestions
from .records import Record

HUB = ("hotpotqa/hotpot_qa", "distractor")


def load_hotpotqa(
    path: str | Path | None = None,
    *,
    split: str = "train",
    hub_name: str = HUB[0],
    hub_config: str | None = HUB[1],
    **options: Any,
) -> LoadedQuestions:
    """Load HotpotQA from an official file, or by name through `datasets`.

    Args:
        path: A JSON list or JSON-lines file, gzipped or not; None asks the hub.
        split: What to call the file's split, or the hub's split to load.
        hub_name: The data set's name on the hub, or a local folder of it.
        hub_config: Its configuration: `distractor` or `fullwiki`.
        **options: `documents`, `strict` and `limit`, as in `hopgym.envs.datasets.drafts.load`.
    """
    return load_any("hotpotqa", convert, path, split=split, hub=(hub_name, hub_config), **options)


def convert(record: Record) -> Draft:
    """Read one record; sentences carry their own leading blanks, so they join with nothing."""
    return convert_with(record, join="")


def convert_with(record: Record, join: str) -> Draft:
    """Read a record of HotpotQA's layout, joining sentences with `join`."""
    contexts = _contexts(record, join)
    texts = dict(reversed(contexts))  # of two paragraphs of one title, the first
    gold = [Passage(title, texts.get(title, "")) for title in _gold_titles(record)]
    kept = {key: record.get(key) for key in ("level",) if record.get(key)}
    question = Question(
        record.id("_id", "id"),
        record.text("question"),
        record.texts("answer"),
        type=str(record.get("type", "")),
        metadata=kept,
    )
    return Draft(question, contexts, gold)


def _contexts(record: Record, join: str) -> list[Passage]:
    value = record.get("context", ())
    try:
        if isinstance(value, dict):  # the hub's column layout
            value = list(zip(value["title"], value["sentences"], strict=True))
        return [Passage(title.strip(), _joined(lines, join)) for title, lines in value]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise record.bad("context", "must be a list of [title, [sentences]]") from None


def _joined(lines: Any, join: str) -> str:
    if not isinstance(lines, list):  # a text is no list of its letters
        raise TypeError
    return join.join(lines).strip()


def _gold_titles(record: Record) -> list[str]:
    value = record.get("supporting_facts", ())
    try:
        if isinstance(value, dict):
            value = value["title"]
        if isinstance(value, str):
            raise TypeError
        titles = [pair if isinstance(pair, str) else pair[0] for pair in value]
        return list(dict.fromkeys(title.strip() for title in titles))
    except (KeyError, TypeError, IndexError, AttributeError):
        raise record.bad("supporting_facts", "must be a list of [title, sentence]") from None
