"""From questions with facts to a file of supervision: the heuristics JSONL of D-RAG.

One JSON object a line, in the order of the questions:

- `question`, `answer` (its answers), `id`
- `triples`: the graph, `[[head, relation, tail], ..]`
- `paths`: entities from topic to answer, `[[e1, e2, ..], ..]`, at most `max_paths` for each pair
- `labels`: for each triple, 1 if it lies on a path that counts and 0 if not; complete also where
  `paths` is not
- `q_entity`, `a_entity`: the topic and answer entities, as the question set gives them; where it names
  no answer entities, such as for years, the answers that stand in the graph (`gold_answers`)
- `graph_size`: how many triples the graph has before any are left out

It knows questions and rules; where questions come from is the business of `envs.datasets`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ...core import Fact, Question
from ...errors import ConfigError, DataError, HopgymError
from ...files import atomic_write
from ...retrieval.writing import writable
from ...rewards.kg.facts import gold_answers
from .expansion import nearest_facts
from .graph import Graph
from .heuristics import Labels, label
from .index import Ids
from .paths import entity_paths
from .rule import Rule
from .summary import Summary, Told

if TYPE_CHECKING:
    from concurrent.futures import Future

CHUNK = 16
"""Questions that a worker is handed at once."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a file of supervision is made."""

    rule: Rule = field(default_factory=Rule)
    max_facts: int | None = None
    """Keep so many facts around the topics (see `nearest_facts`); None for all. Labels are told in
    the whole graph first, so what is left out is lost, and counted, but never told otherwise."""
    max_paths: int = 20
    """Paths to write for each topic and answer; labels know of all."""
    only_with_paths: bool = False
    """Leave out questions of which no fact that is written would have the label 1."""

    def __post_init__(self) -> None:
        for name, least in (("max_facts", 1), ("max_paths", 0)):
            value = getattr(self, name)
            if value is None and name == "max_facts":
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigError(f"{name} is {value!r}; it must be a whole number from {least}.")


def supervise(
    question: Question, settings: Settings | None = None, graph: Graph | None = None
) -> tuple[dict[str, Any], Told]:
    """Return one line of the file and what the summary needs.

    Args:
        question: A question with facts.
        settings: How.
        graph: The graph of the question's facts, where it is there already.

    Raises:
        DataError: If the question has facts that are none, or too many relation paths.

    >>> question = Question(
    ...     "1",
    ...     "Where was Ada born?",
    ...     ("London",),
    ...     facts=(Fact("Ada", "born_in", "London"), Fact("Ada", "knows", "Bo")),
    ...     topic_entities=("Ada",),
    ...     answer_entities=("London",),
    ... )
    >>> record, _ = supervise(question)
    >>> record["paths"], record["labels"]
    ([['Ada', 'London']], [1, 0])
    """
    settings = settings or Settings()
    graph = Graph.of(question.facts) if graph is None else graph
    asked = gold_answers(question)
    try:
        topics = graph.entity_ids(question.topic_entities)
        answers = graph.entity_ids(asked)
        labels = label(graph, topics, answers, settings.rule)
        kept = _kept(graph, labels, settings)
        written = np.intersect1d(labels.facts, kept)
        paths = entity_paths(
            graph, topics, answers, settings.rule, facts=written, limit=settings.max_paths
        )
    except DataError as error:
        raise DataError(f"Question {question.id!r}: {error}") from error
    names = graph.entities
    record = {
        "id": question.id,
        "question": question.text,
        "triples": _triples(graph, kept),
        "paths": [[names[entity] for entity in path] for path in paths],
        "answer": question.answers,
        "graph_size": graph.num_facts,
        "q_entity": question.topic_entities,
        "a_entity": asked,
        "labels": np.isin(kept, written).astype(int).tolist(),
    }
    sizes = (graph.num_facts, len(kept), len(labels.facts), len(written))
    return record, Told(*sizes, labels.hops, bool(labels.topics.size), bool(labels.answers.size))


def write_supervision(
    questions: Sequence[Question],
    output: str | Path,
    settings: Settings | None = None,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Write the supervision of questions as JSON lines, whole or not at all; `.gz` is compressed.

    Args:
        questions: Those without facts are passed over and counted.
        output: The file.
        settings: How.
        workers: Processes; the file is the same for any number.
        progress: Called with how many questions are done, and of how many.

    Raises:
        ConfigError: If `workers` is no whole number from 1.
        DataError: If no question has facts, a question cannot be read, or the file not be written.
    """
    settings = settings or Settings()
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise ConfigError(f"workers is {workers!r}; it must be a whole number from 1.")
    summary = Summary()
    with writable(output), atomic_write(output) as stream:
        for line, told in _lines(_with_facts(questions, summary), settings, workers):
            summary.add(told)
            if told.written or not settings.only_with_paths:
                summary.lines += 1
                stream.write(line)
            if progress:
                progress(summary.questions + summary.without_facts, len(questions))
        if not summary.questions:
            raise DataError(
                f"None of the {len(questions)} questions has facts, so there is no graph to label. "
                "Give a question set with graphs, such as `world`."
            )
    return summary


Line = tuple[bytes, Told]
Task = tuple[Question, Graph]


def _with_facts(questions: Iterable[Question], summary: Summary) -> Iterator[Question]:
    """Pass over questions without facts, and count them."""
    for question in questions:
        if question.facts:
            yield question
        else:
            summary.without_facts += 1


def _lines(questions: Iterable[Question], settings: Settings, workers: int) -> Iterator[Line]:
    tasks = _tasks(questions)
    chunks = iter(lambda: list(islice(tasks, CHUNK)), [])
    if workers == 1:
        for chunk in chunks:
            yield from _done(chunk, settings)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    waiting: deque[Future[list[Line]]] = deque()
    # spawned, not forked: the parent may have threads
    pool = ProcessPoolExecutor(workers, get_context("spawn"))
    try:
        for chunk in chunks:
            waiting.append(pool.submit(_done, chunk, settings))
            if len(waiting) > 2 * workers:  # no more in memory than keeps everyone busy
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    except BrokenProcessPool as error:
        raise HopgymError(
            f"One of {workers} workers died, most likely for want of memory; nothing was written. "
            "Try fewer workers, or max_facts."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _tasks(questions: Iterable[Question]) -> Iterator[Task]:
    """Yield questions, their facts as a graph; questions in a row that share facts share the graph."""
    last: tuple[Fact, ...] = ()
    graph = Graph.of(())
    for question in questions:
        if question.facts is not last:
            last = question.facts
            try:
                graph = Graph.of(last)
            except DataError as error:
                raise DataError(f"Question {question.id!r}: {error}") from error
        yield _slim(question), graph


def _slim(question: Question) -> Question:
    """Return the question without what a worker need not be sent."""
    return Question(
        question.id,
        question.text,
        question.answers,
        topic_entities=question.topic_entities,
        answer_entities=gold_answers(question),
    )


def _done(tasks: Sequence[Task], settings: Settings) -> list[Line]:
    encode = msgspec.json.Encoder().encode
    made = (supervise(question, settings, graph) for question, graph in tasks)
    return [(encode(record) + b"\n", told) for record, told in made]


def _kept(graph: Graph, labels: Labels, settings: Settings) -> Ids:
    if settings.max_facts is None:
        return np.arange(graph.num_facts, dtype=np.int32)
    return nearest_facts(graph, labels.topics, settings.max_facts)


def _triples(graph: Graph, facts: Ids) -> list[tuple[str, str, str]]:
    names, kinds = graph.entities, graph.relation_names
    parts = (graph.heads[facts], graph.relations[facts], graph.tails[facts])
    heads, relations, tails = (part.tolist() for part in parts)
    return [(names[h], kinds[r], names[t]) for h, r, t in zip(heads, relations, tails, strict=True)]
