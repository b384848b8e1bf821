"""Hostile documents, all the way: file, corpus, chunks, index, search, transcript, reward, knowledge base."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...core import Document, Question, Step, Trajectory
from ...envs.grammars import make_grammar
from ...envs.grammars.text import CONTROL
from ...errors import DataError
from ...retrieval import make_retriever
from ...retrieval.analyzer import ANALYZERS, Analyzer
from ...retrieval.corpus import Corpus, read_documents
from ...retrieval.kb import build
from ...retrieval.kb.chunking import Chunking
from ...rewards import make_reward
from .runner import Case, Fault
from .texts import Rng, hostile, mutated, odd_value, pick

BATCH = 20
"""Documents of a case."""

RETRIEVERS = ("bm25", "tfidf", "bm25?analyzer=standard")
GRAMMARS = ("r3", "search_r1", "rag")
REWARDS = ("r3_paper", "r3_seed", "rag?support=lexical")
_EVERY = 16
"""A knowledge base is built of one case in so many."""


class DocumentTarget:
    """Batches of documents."""

    name = "documents"

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="hopgym-fuzz-")
        self._analyzers = [Analyzer.of(name) for name in ANALYZERS]
        self._rewards = [make_reward(name) for name in REWARDS]
        self._grammars: list[Any] = [make_grammar(name) for name in GRAMMARS]

    def make(self, rng: Rng) -> Case:
        """Return the lines of a corpus file, queries, and whether a knowledge base is built."""
        return {
            "lines": [_line(rng, number) for number in range(BATCH)],
            "queries": [hostile(rng, 5) for _ in range(3)],
            "retriever": pick(rng, RETRIEVERS),
            "chunk": [pick(rng, (0, 1, 3, 40, 200)), 0],
            "base": rng.random() < 1 / _EVERY,
        }

    def check(self, case: Case, rng: Rng | None) -> int:
        """Take the documents all the way."""
        documents = self._read(case["lines"])
        chunks = [chunk for one in documents for chunk in Chunking(*case["chunk"])(one)]
        _check_chunks(documents, chunks)
        for analyzer in self._analyzers:
            analyzer.batch(one.text for one in documents)
        if documents:
            found = _search(documents, case)
            self._show(found)
            self._pay(found, case["queries"])
        if case["base"]:
            self._build(case["lines"])
        return len(case["lines"])

    def _read(self, lines: Sequence[str]) -> list[Document]:
        """Read each line as a file of its own, as its error must name it; return those that are sound."""
        file = Path(self._folder.name) / "corpus.jsonl"
        kept: dict[str, Document] = {}
        for line in lines:
            file.write_bytes(line.encode("latin-1"))
            try:
                for one in read_documents(file):
                    kept.setdefault(one.id, one)
            except DataError as error:
                if str(file) not in str(error):
                    raise Fault(f"the error names no file: {error!s:.300}") from error
        return list(Corpus(kept.values())) if kept else []

    def _show(self, documents: Sequence[Document]) -> None:
        """Check that grammars read back as many documents as they were given to show."""
        for grammar in self._grammars:
            lines = [
                grammar.document(n, one.title, one.text, 300) for n, one in enumerate(documents, 1)
            ]
            text = f"{grammar.opening('Who?')}{grammar.documents(lines)}"
            if found := CONTROL.search(text):
                raise Fault(f"{grammar.name}: a document put {found[0]!r} into the transcript")
            if (read := len(grammar.read_documents(text))) != len(documents):
                raise Fault(f"{grammar.name}: {len(documents)} were shown, and {read} are read")

    def _pay(self, documents: Sequence[Document], queries: Sequence[str]) -> None:
        """Check that rewards which look into documents pay a finite sum."""
        grammar = self._grammars[0]
        lines = [grammar.document(n, d.title, d.text, 300) for n, d in enumerate(documents, 1)]
        gold = documents[0].title[:50] or "Ada" if documents else "Ada"
        question = Question("q", queries[0] or "Who?", (gold,), document_ids=("0",))
        query = {"kind": "query", "analysis": "a", "text": queries[0]}
        answer = {"kind": "answer", "analysis": "a", "text": gold}
        shown = grammar.documents(lines)
        steps = (
            Step(1, queries[0], query, shown, (queries[0],)),
            Step(2, gold, answer),
        )
        text = f"{grammar.opening(question.text)}{shown}"
        done = Trajectory("q", "fuzz", None, steps, gold, (), text, "answered")
        for reward in self._rewards:
            score = reward(question, done)
            if not score.unscored and not math.isfinite(score.value):
                raise Fault(f"{type(reward).__name__} pays {score.value}")

    def _build(self, lines: Sequence[str]) -> None:
        """Build a knowledge base of all lines; bad records are skipped and counted."""
        with tempfile.TemporaryDirectory(prefix="hopgym-fuzz-") as name:
            file = Path(name) / "corpus.jsonl"
            file.write_bytes(b"\n".join(line.encode("latin-1") for line in lines))
            try:
                build(Path(name) / "base", [file], strict=False)
            except DataError as error:
                if name not in str(error) and "left to index" not in str(error):
                    raise Fault(f"the error names no file: {error!s:.300}") from error


def document_targets() -> list[DocumentTarget]:
    """Return the one."""
    return [DocumentTarget()]


def _line(rng: Rng, number: int) -> str:
    """Return a record's line, as UTF-8 bytes written as Latin-1."""
    record: dict[str, Any] = {"id": str(number), "title": hostile(rng, 3), "text": hostile(rng, 30)}
    if rng.random() < 0.2:
        record[pick(rng, ("id", "title", "text", "source", "metadata", "x"))] = odd_value(rng)
    text = json.dumps(record, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.05:
        text = mutated(rng, text)
    raw = text.replace("\n", " ").encode(
        "utf-8", "surrogatepass" if rng.random() < 0.1 else "replace"
    )
    return raw.decode("latin-1")


def _check_chunks(documents: Sequence[Document], chunks: Sequence[Document]) -> None:
    texts = {one.id: one.text for one in documents}
    for chunk in chunks:
        whole = texts.get(chunk.id) or texts.get(chunk.id.rpartition("#")[0], "")
        if chunk.text not in whole:
            raise Fault(f"chunk {chunk.id!r:.60} is no part of its document")


def _search(documents: Sequence[Document], case: Case) -> list[Document]:
    """Search the documents, and return what was found, each once."""
    hits = make_retriever(case["retriever"], documents).search(case["queries"], 5)
    ids = {one.id for one in documents}
    found: dict[str, Document] = {}
    for row, scores in zip(hits.documents, hits.scores, strict=True):
        if len(row) > 5 or not all(map(math.isfinite, scores)):
            raise Fault(f"{case['retriever']}: {len(row)} hits with the scores {scores}")
        if list(scores) != sorted(scores, reverse=True) or not {d.id for d in row} <= ids:
            raise Fault(f"{case['retriever']}: the hits are out of order, or of other documents")
        found |= {one.id: one for one in row}
    return list(found.values()) or list(documents[:3])
