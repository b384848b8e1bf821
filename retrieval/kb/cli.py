"""`hopgym kb build|add|merge|search|info|verify|export`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table
from rich.text import Text

from ...errors import ConfigError, DataError
from .. import make_retriever, write_documents
from ..options import split_options
from ..writing import writable
from .build import Built, add, build
from .build import Progress as Reporter
from .manifest import KnowledgeBase, Recipe, describe, open_retriever, verify
from .merge import merge
from .models import spec_for

Documents = Annotated[
    list[Path],
    typer.Option(help="JSON lines of {id, title, text}, {id, contents} or {_id, ..}; .gz too."),
]
Strict = Annotated[bool, typer.Option(help="Stop at a bad record, or skip and count it.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The knowledge base.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


_NEW_LINE = Text("\n")


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    kb = typer.Typer(help="Knowledge bases: documents made searchable.", no_args_is_help=True)
    kb.command("build")(build_base)
    kb.command("add")(add_documents)
    kb.command("merge")(merge_bases)
    kb.command("search")(search)
    kb.command("info")(info)
    kb.command("verify")(check)
    kb.command("export")(export)
    app.add_typer(kb, name="kb")


def build_base(
    documents: Documents,
    output: Annotated[Path, typer.Option(help="The folder to write.")],
    type: Annotated[
        str, typer.Option(help="bm25, dense, hybrid, tfidf, tantivy, or a spec.")
    ] = "bm25",
    model: Annotated[str | None, typer.Option(help="The encoder, of dense and hybrid.")] = None,
    chunk_tokens: Annotated[int, typer.Option(help="Cut into so many tokens; 0 for no cuts.")] = 0,
    overlap: Annotated[int, typer.Option(help="Tokens that two passages in a row share.")] = 0,
    dedupe: Annotated[bool, typer.Option(help="Keep equal passages once.")] = True,
    near_duplicates: Annotated[
        float | None, typer.Option(help="Keep passages once that are this alike, such as 0.9.")
    ] = None,
    strict: Strict = True,
) -> None:
    """Make a knowledge base. Interrupted, the same command continues."""
    recipe = Recipe(spec_for(type, model), chunk_tokens, overlap, dedupe, near_duplicates)
    with _bar() as progress:
        built = build(output, documents, recipe, strict=strict, progress=progress)
    _report(output, built)


def add_documents(folder: Folder, documents: Documents, strict: Strict = True) -> None:
    """Add documents to a knowledge base, by its own recipe."""
    _refuse_file(folder)
    with _bar() as progress:
        built = add(folder, documents, strict=strict, progress=progress)
    _report(folder, built)


def merge_bases(
    bases: Annotated[list[Path], typer.Argument(metavar="DIR DIR...", help="Those to merge.")],
    output: Annotated[Path, typer.Option(help="The folder to write; none of them.")],
    type: Annotated[
        str | None, typer.Option(help="What searches it; else what searches the first.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The encoder, of dense and hybrid.")] = None,
) -> None:
    """Make one knowledge base of several, of their passages as they are."""
    for base in bases:
        _refuse_file(base)
    if model is not None and type is None:
        raise ConfigError(f"model {model!r} was given without a type. Give --type dense or hybrid.")
    with _bar() as progress:
        retriever = None if type is None else spec_for(type, model)
        built = merge(output, bases, retriever=retriever, progress=progress)
    _report(output, built)


def search(
    folder: Folder,
    query: Annotated[str, typer.Argument(help="What to search for.")],
    k: Annotated[int, typer.Option("-k", help="How many passages.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Search a knowledge base."""
    _refuse_file(folder)
    hits = make_retriever(folder).search([query], k)[0]
    if as_json:
        for document, score in hits:
            print(msgspec.json.encode({"score": score, "document": document}).decode())
        return
    table = Table("Score", "Id", "Title", "Text")
    for document, score in hits:
        text = " ".join(document.text.split())
        table.add_row(f"{score:.3f}", *map(_plain, (document.id, document.title, text[:200])))
    Console().print(table if hits else "Nothing matches.")


def info(folder: Folder, as_json: AsJson = False) -> None:
    """Say what a knowledge base is."""
    _refuse_file(folder)
    about, manifest = describe(folder)
    if as_json:
        said = {**msgspec.to_builtins(about), "fingerprint": manifest.fingerprint}
        said |= {"bytes": sum(manifest.sizes.values()), "versions": dict(manifest.versions)}
        print(msgspec.json.encode(said).decode())
        return
    table = _table(folder, about)
    table.add_row("fingerprint", _plain(manifest.fingerprint))
    table.add_row("size", f"{sum(manifest.sizes.values()) / 1e6:,.1f} MB")
    for file in about.inputs:
        table.add_row("made of", _plain(f"{file.get('name')} ({file.get('bytes')} bytes)"))
    Console().print(table)


def check(folder: Folder) -> None:
    """Read a whole knowledge base and compare it with its manifest."""
    _refuse_file(folder)
    about = verify(folder)
    digests = describe(folder)[1].digests
    said = (
        f"Whole. {len(digests)} files are as they were saved."
        if digests
        else "The passages are whole. Made by an earlier hopgym, it has no digests of its other "
        "files, of which the sizes alone were compared; build it again to have them."
    )
    Console().print(_plain(f"{folder}: {about.passages} passages, {about.content}. {said}"))


def export(
    folder: Folder,
    output: Annotated[Path, typer.Option(help="The JSON-lines file to write; .gz too.")],
) -> None:
    """Write the passages of a knowledge base as JSON lines, as `build` and `add` read them."""
    _refuse_file(folder)
    documents = open_retriever(folder).documents
    with writable(output):
        count = write_documents(output, documents)
    Console().print(_plain(f"{output}: {count} passages."))


def _refuse_file(folder: Path) -> None:
    if folder.is_file():
        raise DataError(
            f"{folder}: is a file, not the folder of a knowledge base. Build one of it first: "
            f"hopgym kb build --documents {folder} --output DIR; then give DIR."
        )


def _report(folder: Path, built: Built) -> None:
    Console().print(_table(folder, built.about))
    for problem in built.problems:
        Console(stderr=True).print(_plain(f"skipped: {problem}"))


def _table(folder: Path, about: KnowledgeBase) -> Table:
    table = Table("Knowledge base", Column(_plain(folder), overflow="fold"))
    name, options = split_options(about.recipe.retriever)
    table.add_row("retriever", _plain(name))
    for option, value in options.items():
        table.add_row(_plain(f"- {option}"), _readable(value))
    if about.recipe.chunk_tokens:
        size = f"{about.recipe.chunk_tokens} tokens, {about.recipe.overlap} of overlap"
        table.add_row("chunks", size)
    table.add_row("passages", f"{about.passages:,}")
    table.add_row("content", _plain(about.content))
    for what, number in about.counts.items():
        table.add_row(_plain(what), f"{number:,}")
    return table


def _readable(value: object) -> Text:
    """Show an option without what protects its marks from each other; `--json` has it exactly."""
    if isinstance(value, dict):
        return _NEW_LINE.join(_plain(f"{name}: {unquote(str(v))}") for name, v in value.items())
    if isinstance(value, list):
        return _NEW_LINE.join(_plain(unquote(str(item))) for item in value)
    return _plain(unquote(str(value)))


def _plain(text: object) -> Text:
    """Keep what looks like markup, and what would move a terminal's cursor, from doing so."""
    return Text("".join(c if c.isprintable() else " " for c in str(text)))


@contextmanager
def _bar() -> Iterator[Reporter]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks = {}

        def progress(what: str, done: float, total: float) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield progress
