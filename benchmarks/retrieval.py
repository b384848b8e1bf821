"""Which retriever finds what multi-hop questions need?

Every retriever searches the same passages for the same questions; recall of the gold passages,
whether all of them were found, and the usual ranking metrics stand in one table for each
collection, with the difference from the default BM25 and its paired bootstrap interval. CACM shows
that BM25 and the metrics agree with figures that others publish.

    python -m hopgym.benchmarks.retrieval --data DIR [--json FILE] [--md FILE]

Parameters are chosen on other questions, by `hopgym.benchmarks.retrieval_tuning`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from .. import __version__
from ..errors import DataError, HopgymError, MissingExtraError, unknown_name
from ..files import atomic_write
from ..retrieval.bm25 import BM25Retriever
from ..retrieval.metrics import DEPTHS, Evaluation, evaluate, evaluate_rankings
from ..retrieval.trec import make_run, rankings
from ..rewards.normalize import squad
from .doctor import cache_folder
from .retrieval_data import CACM, COLLECTIONS, Cacm, Collection, cacm
from .retrieval_progress import Work
from .retrieval_systems import REFERENCE, SYSTEMS, Shelf
from .retrieval_table import CacmRow, Report, Row, Section, make_row

MAP_DEPTH = 1000
"""How deep MAP is computed on CACM, as Anserini's figure is."""


def measure(
    data: Path,
    names: Sequence[str] = (*COLLECTIONS, "cacm"),
    *,
    encoder: str = "minilm",
    cache: Path | None = None,
    work: Work | None = None,
) -> Report:
    """Measure every retriever on some collections.

    Args:
        data: The folder of data sets.
        names: Which collections, of `COLLECTIONS` and `cacm`; one whose files are missing is
            skipped.
        encoder: What makes the vectors of the dense retriever and of hybrid.
        cache: The folder where vectors are kept; the user's cache if None.
        work: Where progress is shown; nowhere if None.

    Raises:
        UnknownNameError: If there is no such collection.
        DataError: If none could be read, or a file is damaged.
    """
    for name in names:
        if name not in COLLECTIONS and name != "cacm":
            raise unknown_name("collection", name, [*COLLECTIONS, "cacm"], "--help")
    vectors = cache_folder() / "vectors" if cache is None else cache
    skipped: dict[str, None] = {}
    sections = []
    for name in names:
        if name in COLLECTIONS and (collection := _read(data, name, skipped)):
            shelf = Shelf(collection.documents, encoder, vectors, work)
            sections.append(measure_collection(collection, shelf, skipped, work))
    judged = _measured_cacm(data, skipped) if "cacm" in names else []
    if not sections and not judged:
        raise DataError(f"{data}: {'; '.join(skipped)}. Give the folder of data sets as --data.")
    return Report(__version__, encoder, sections, judged, tuple(skipped))


def measure_collection(
    collection: Collection,
    shelf: Shelf,
    skipped: dict[str, None] | None = None,
    work: Work | None = None,
) -> Section:
    """Measure every system on one collection; those without their packages are skipped."""
    skipped = {} if skipped is None else skipped
    reference: Evaluation | None = None
    rows: dict[str, Row] = {}
    for name in sorted(SYSTEMS, key=lambda name: name != REFERENCE):  # the reference first
        with (work or Work()).step(f"{collection.name}: {name}"):
            try:
                retriever = SYSTEMS[name].make(shelf)
            except MissingExtraError as error:
                skipped[f"{name} ({error})"] = None
                continue
            found = evaluate(retriever, collection.questions, DEPTHS, normalize=squad)
        rows[name] = make_row(name, SYSTEMS[name].spec, retriever.fingerprint, found, reference)
        reference = reference or found
    return Section(
        collection.name,
        len(collection.documents),
        len(collection.questions),
        collection.documents.fingerprint,
        [rows[name] for name in SYSTEMS if name in rows],
    )


def measure_cacm(found: Cacm) -> list[CacmRow]:
    """Measure BM25 on CACM, and the run that Anserini publishes, over the judged topics."""
    rows = [_published(found)]
    for label, analyzer in (("BM25, Lucene's English", "english"), ("BM25", "default")):
        retriever = BM25Retriever(found.documents, analyzer=analyzer)
        hits = retriever.search(list(found.topics.values()), MAP_DEPTH)
        ranked = rankings(make_run(list(found.topics), hits))
        judged = evaluate_rankings(ranked, found.qrels, [30, MAP_DEPTH])
        average = judged.mean(f"map@{MAP_DEPTH}")
        rows.append(CacmRow(label, average, judged.mean("precision@30")))
    return rows


def _published(found: Cacm) -> CacmRow:
    judged = evaluate_rankings(rankings(found.run), found.qrels, [30])
    return CacmRow("Anserini's published run", None, judged.mean("precision@30"))


def _read(data: Path, name: str, skipped: dict[str, None]) -> Collection | None:
    try:
        return COLLECTIONS[name](data)
    except DataError as error:
        if not str(error).startswith("No file"):
            raise
        skipped[f"{name} ({error})"] = None
        return None


def _measured_cacm(data: Path, skipped: dict[str, None]) -> list[CacmRow]:
    if not (data / CACM).is_dir():
        skipped[f"cacm (no folder {data / CACM})"] = None
        return []
    return measure_cacm(cacm(data))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and write the files that are asked for."""
    given = _parser().parse_args(arguments)
    console = Console(stderr=True)
    try:
        with Work(console) as work:
            report = measure(
                given.data, given.only, encoder=given.encoder, cache=given.cache, work=work
            )
    except HopgymError as error:
        sys.exit(f"{error}")
    print(report.markdown(), end="")
    if given.json:
        report.write(given.json)
    if given.md:
        with atomic_write(given.md) as stream:
            stream.write(report.markdown().encode())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.retrieval", allow_abbrev=False)
    every = (*COLLECTIONS, "cacm")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--only", nargs="+", default=every, metavar="NAME", help=", ".join(every))
    parser.add_argument("--encoder", default="minilm", metavar="NAME")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where vectors are kept")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--md", type=Path, metavar="FILE", help="write the tables here")
    return parser


if __name__ == "__main__":
    main()
