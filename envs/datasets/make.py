"""From a specification to a question set.

A specification is a name (`"world"`, `"world?hops=2-4"`), a file or folder, a user's own
`module:attribute`, or a question set as it is. What names and files give is kept, so that many
environments in one process share it; a file that has changed is read again.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Hashable, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

from ...core import Question
from ...errors import ConfigError, DataError, users_code
from ...registry import Registry
from ...retrieval.corpus import read_documents
from .base import QuestionSet
from .loaded import LoadedQuestions
from .native import load_native
from .records import check_limit, first_record

DATASETS: Registry[Any] = Registry("question set", "hopgym datasets")

SHAPES: tuple[tuple[str, frozenset[str]], ...] = (
    ("native", frozenset({"id", "text", "answers"})),
    ("gtsqa", frozenset({"question", "answer_node", "answer_subgraph"})),
    ("drag_heuristics", frozenset({"question", "answer", "triples", "paths"})),
    ("rog", frozenset({"question", "answer", "q_entity", "graph"})),
    ("musique", frozenset({"question", "question_decomposition"})),
    ("two_wiki", frozenset({"question", "answer", "evidences"})),
    ("two_wiki", frozenset({"question", "answer", "supporting_facts", "answer_aliases"})),
    ("hotpotqa", frozenset({"question", "answer", "supporting_facts"})),
    ("flashrag", frozenset({"id", "question", "golden_answers"})),
    ("squad", frozenset({"version", "data"})),
    ("squad", frozenset({"question", "context", "answers"})),
    ("plain", frozenset({"question", "answer"})),
    ("plain", frozenset({"question", "answers"})),
)
"""The fields that tell a file's shape, the most telling first."""

_PARTS = ("name", "fingerprint", "splits", "documents", "questions")
_SUFFIXES = (".json", ".jsonl", ".gz", ".tsv", ".parquet")


def make_questions(spec: str | Path | QuestionSet, **options: Any) -> QuestionSet:
    """Return the question set of a specification.

    Args:
        spec: See above.
        **options: Keywords of the set's loader, as after `?` in a name; plain values.

    Raises:
        UnknownNameError: If no question set has that name.
        ConfigError: If the set takes no such option, or this is no specification.
        DataError: If the data cannot be read.
    """
    if not isinstance(spec, str | Path):
        return _as_it_is(spec, options)
    name, query = divided(spec)
    if not name.strip():
        raise ConfigError(
            f"{str(spec)!r} names no question set. Give a name (list: `hopgym datasets`), a file, "
            "a folder, or file.py:NAME of your own."
        )
    merged = {**dict(parse_qsl(query, keep_blank_values=True)), **options}
    loader, merged = _loader(name, merged)
    if not callable(loader):  # a module's attribute may be the set itself
        return _as_it_is(loader, merged)
    items = tuple(sorted(merged.items()))
    for key, value in items:
        if not isinstance(value, Hashable):
            raise ConfigError(f"{key} is {value!r:.60}; an option is a text, a number or a path.")
    return _load(loader, name, items, _stamps([name, *merged.values()]))


def divided(spec: str | Path) -> tuple[str, str]:
    """Divide a specification at its `?`, unless that is part of a file's name."""
    text = str(spec)
    if isinstance(spec, Path):
        return text, ""
    marks = [place for place, sign in enumerate(text) if sign == "?"]
    for place in [len(text), *reversed(marks[1:])] if marks else []:
        if os.path.exists(text[:place]):
            return text[:place], text[place + 1 :]
    name, _, query = text.partition("?")
    return name, query


def _as_it_is(given: Any, options: Mapping[str, Any]) -> QuestionSet:
    if not _is_set(given):
        raise ConfigError(
            f"A question set is a name, a file, a folder, 'module:attribute' or an object with "
            f"{', '.join(_PARTS)}, not {given!r:.60}. Questions of your own become one by "
            "`LoadedQuestions(name, {split: questions})`."
        )
    rest = dict(options)
    documents = rest.pop("documents", None)
    if rest:
        raise ConfigError(f"{given!r:.60} is made already and takes no {next(iter(rest))!r}.")
    return _with_documents(cast(QuestionSet, given), documents)


def _with_documents(given: QuestionSet, file: str | Path | None) -> QuestionSet:
    """Give a set that brings no documents those of a file."""
    if file is None:
        return given
    if given.documents:
        raise ConfigError(
            f"{given.name} brings {len(given.documents)} documents of its own; leave out "
            f"documents={str(file)!r}."
        )
    splits = {split: given.questions(split) for split in given.splits}
    return LoadedQuestions(given.name, splits, read_documents(file), getattr(given, "skipped", ()))


def _is_set(given: Any) -> bool:
    """Tell a question set without computing what it computes when first asked."""
    return all(inspect.getattr_static(given, part, None) is not None for part in _PARTS)


def _loader(name: str, options: dict[str, Any]) -> tuple[Callable[..., Any], dict[str, Any]]:
    path = Path(name)
    if name in DATASETS or not path.exists():
        if name not in DATASETS and ":" not in name and (path.suffix in _SUFFIXES or "/" in name):
            noun = "file" if path.suffix in _SUFFIXES else "file or folder"
            raise DataError(
                f"No {noun} {name!r}. Check the path; it is read relative to {Path.cwd()}."
            )
        return DATASETS.get(name), options
    if path.is_dir():
        from .folder import QuestionFolder

        return QuestionFolder, {"path": name, **options}
    shape = detect_shape(path)
    return load_native if shape == "native" else DATASETS.get(shape), {"path": name, **options}


@lru_cache(maxsize=32)
def _load(
    loader: Callable[..., Any], name: str, options: tuple[tuple[str, Any], ...], stamps: object
) -> QuestionSet:
    return _call(name, loader, dict(options))


def detect_shape(path: str | Path) -> str:
    """Tell which loader reads a file, by the fields of its first record.

    Raises:
        DataError: If no shape fits; the message lists the fields found and the shapes known.
    """
    if Path(path).suffix == ".tsv":
        return "bamboogle"
    found = set(_columns(path) if Path(path).suffix == ".parquet" else first_record(path))
    for shape, needed in SHAPES:
        if needed <= found:
            return shape
    known = "; ".join(f"{shape}: {', '.join(sorted(needed))}" for shape, needed in SHAPES)
    raise DataError(
        f"{path}: no known shape has the fields {', '.join(sorted(found)) or '(none)'}. "
        f"{_meant(found)}Known are {known}."
    )


def _meant(found: Iterable[str]) -> str:
    """Say which field is likely misspelt, of those by which a shape is told."""
    names = sorted({name for _, needed in SHAPES for name in needed})
    for field in sorted(set(found) - set(names)):
        if like := get_close_matches(field, names, 1, 0.8):
            return f"Did you mean {like[0]} by {field:.60}? "
    return ""


def _columns(path: str | Path) -> Iterable[str]:
    from .arrow_table import columns

    return columns(path)


def _call(name: str, loader: Callable[..., Any], options: Mapping[str, Any]) -> QuestionSet:
    parameters = inspect.signature(loader).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    allowed = [p for p, kind in parameters.items() if kind.kind is not kind.VAR_KEYWORD]
    allowed += ["documents", "strict", "limit"] if open_ended else []
    options = dict(options)
    documents = None
    if "documents" not in allowed:  # any set that brings none may be given some
        allowed.append("documents")
        documents = options.pop("documents", None)
    unknown = [option for option in options if option not in allowed]
    # A class with open keywords, such as the world with its dials, knows best what it takes.
    if unknown and not (open_ended and inspect.isclass(loader)):
        raise ConfigError(
            f"Question set {name!r} has no option {unknown[0]!r}; it takes: {', '.join(allowed)}."
        )
    for parameter in parameters.values():
        if _is_needed(parameter) and parameter.name not in options:
            raise ConfigError(
                f"Question set {name!r} needs {parameter.name!r}; write "
                f"'{name}?{parameter.name}=…'."
            )
    with users_code("question set", name):
        made = loader(**{key: _parsed(key, value) for key, value in options.items()})
    return _with_documents(made if _is_set(made) else _wrap(name, made), documents)


def _is_needed(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty and parameter.kind not in (
        parameter.VAR_KEYWORD,
        parameter.VAR_POSITIONAL,
    )


def _parsed(key: str, value: Any) -> Any:
    """Read the options that are no text; a set reads its own dials itself."""
    if key == "strict" and isinstance(value, str):
        if value.lower() not in ("true", "false"):
            raise ConfigError(f"strict is {value!r}; it may be true or false.")
        return value.lower() == "true"
    if key == "limit" and isinstance(value, str):
        return check_limit(int(value) if value.isascii() and value.isdigit() else value)
    return value


def _wrap(name: str, made: Any) -> LoadedQuestions:
    """Make a set of what a user's own function yields."""
    if not isinstance(made, Iterable):
        raise ConfigError(
            f"{name!r} must yield Questions or return a question set, not {made!r:.60}."
        )
    with users_code("question set", name):
        questions = list(made)
    for question in questions:
        if not isinstance(question, Question):
            raise ConfigError(f"{name!r} must yield Questions, not {question!r:.60}.")
    return LoadedQuestions(name, {"train": questions})


def _stamps(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return what changes when a file among the values changes."""
    paths = [Path(v) for v in values if isinstance(v, str | Path) and len(str(v)) < 1_000]
    folders = [path for path in paths if path.is_dir()]
    inside = [file for path in folders for at in ("*", "*/*") for file in sorted(path.glob(at))]
    files = (path for path in [*paths, *inside] if path.is_file())
    return tuple((str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in files)
