"""One call from whatever names chats or questions to a task with documents."""

from __future__ import annotations

from typing import Any

from ...errors import unknown_name
from .chats import make_chats
from .converters import Converter
from .multi_hop import MultiHopRAGTask
from .static import StaticRAGTask
from .task import Augmented, RAGTask

TASKS: dict[str, type[Augmented]] = {
    "dynamic": RAGTask,
    "static": StaticRAGTask,
    "multi_hop": MultiHopRAGTask,
}
"""The kinds of task, by name."""


def create_rag_task(
    base_task: Any,
    task_type: str = "dynamic",
    *,
    split: str | None = None,
    system: str | None = None,
    converter: str | Converter | None = None,
    limit: int | None = None,
    **options: Any,
) -> Augmented:
    """Return a task over chats or questions.

    Args:
        base_task: Whatever `make_chats` takes; None for a static file of whole conversations.
        task_type: `dynamic` (one search a chat), `multi_hop` (several), or `static` (from a file).
        split: As `make_chats` takes it; `static` looks for the file of that split, too.
        system: As `make_chats` takes it.
        converter: As `make_chats` takes it.
        limit: As `make_chats` takes it.
        **options: Of the task: `RAGTask`, `MultiHopRAGTask` or `StaticRAGTask`.

    Raises:
        UnknownNameError: If there is no such kind of task.

    >>> task = create_rag_task("world?entities=120", "multi_hop", split="dev", limit=2, max_hops=2)
    >>> len(task), [message["role"] for message in task[0]["messages"]]
    (2, ['retrieval', 'user', 'assistant'])
    """
    if task_type not in TASKS:
        raise unknown_name("task type", task_type, TASKS, "docs/conversations.md")
    if task_type == "static" and split is not None:
        options = {"split": split, **options}
    chats = base_task
    if base_task is not None:
        chats = make_chats(base_task, split, system=system, converter=converter, limit=limit)
    return TASKS[task_type](chats, **options)
