"""FlashRAG's common form: JSON lines of `{id, question, golden_answers, metadata}`.

So come Natural Questions, TriviaQA, PopQA and thirty more (arXiv 2405.13576).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...core import Question
from .drafts import Draft, load_any
from .loaded import LoadedQuestions
from .records import Record

HUB = "RUC-NLPIR/FlashRAG_datasets"


def load_flashrag(
    path: str | Path | None = None,
    *,
    split: str = "train",
    hub_name: str = HUB,
    hub_config: str | None = "nq",
    **options: Any,
) -> LoadedQuestions:
    """Load a set in FlashRAG's form from a file, or by name through `datasets`.

    Args:
        path: A JSON-lines file, gzipped or not; None asks the hub.
        split: What to call the file's split, or the hub's split to load.
        hub_name: The collection's name on the hub, or a local folder of it.
        hub_config: Which set of the collection: `nq`, `triviaqa`, `popqa`, …
        **options: `documents`, `strict` and `limit`, as in `hopgym.envs.datasets.drafts.load`.
    """
    name = "flashrag" if path is not None else hub_config or "flashrag"
    return load_any(name, convert, path, split=split, hub=(hub_name, hub_config), **options)


def convert(record: Record) -> Draft:
    """Read one record."""
    metadata = record.get("metadata") or {}
    question = Question(
        record.id("id"),
        record.text("question"),
        record.texts("golden_answers"),
        type=str(metadata.get("type") or "") if isinstance(metadata, dict) else "",
        metadata=metadata if isinstance(metadata, dict) else {},
    )
    return Draft(question)
