"""SQuAD (arXiv 1606.05250 and 1806.03822): questions about paragraphs of Wikipedia.

Reads the official files (`{"data": [{"title", "paragraphs"}]}`), the hub's rows, and files of such
rows. The paragraphs of all questions are the corpus, and a question's own paragraph is gold. A file
is divided by article: train and dev share none, as the official files do not. The questions were
written by people who saw the paragraph, so that some cannot be told from others without it ("When
did he die?"): recall has a ceiling below 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ...core import Question
from ...errors import ConfigError, DataError
from ...files import parse_json, read_text
from ...seeding import rng_for
from .drafts import Draft, Passage, load, passage_id
from .hub_set import load_hub_set
from .loaded import LoadedQuestions
from .records import CURE, Record, read_values

HUB = "rajpurkar/squad"
NO_ANSWER = "no answer"
"""What is right for a question of SQuAD 2.0 that its paragraph does not answer."""


def load_squad(
    path: str | Path | None = None,
    *,
    split: str = "",
    dev: float | str = 0.2,
    test: float | str = 0.0,
    answers_only: bool | str = True,
    hub_name: str = HUB,
    **options: Any,
) -> LoadedQuestions:
    """Load SQuAD from a file, or by name through `datasets`.

    Args:
        path: An official file, or JSON lines of the hub's rows, gzipped or not; None asks the hub,
            whose `validation` is called `dev`.
        split: What to call the file's only split; empty divides it by article.
        dev: The share of articles that make the split `dev`.
        test: The share that make the split `test`.
        answers_only: Whether questions without an answer are left out; else `"no answer"` is right.
        hub_name: The data set's name on the hub, or a local folder of it.
        **options: `documents`, `strict` and `limit`, as in `hopgym.envs.datasets.drafts.load`;
            `limit` counts questions.

    Raises:
        ConfigError: If a share is none, or both leave nothing to train on.
        DataError: If the file is no such file, or a record is bad.
    """
    shares = {"dev": _share("dev", dev), "test": _share("test", test)}
    if sum(shares.values()) >= 1:
        raise ConfigError(f"dev={dev} and test={test} leave no articles to train on.")
    keep = not _is_true(answers_only)
    if path is None:
        return load_hub_set(hub_name, answers_only=not keep, title="squad", **options)
    read = partial(convert, in_pool=options.get("documents") is not None)
    values = answered(_values(path), keep)
    made = load("squad", read, values, split=split or "train", **options)
    return made if split else _divided(made, shares)


def convert(record: Record, in_pool: bool = False) -> Draft:
    """Read one row.

    Args:
        record: With `id`, `title`, `context`, `question` and `answers`.
        in_pool: Whether the paragraph is to be found in another corpus than the rows' own.
    """
    title = str(record.get("title", "")).replace("_", " ").strip()
    passage = Passage(title, record.text("context"))
    question = Question(
        record.id("id"),
        record.text("question"),
        _answers(record),
        document_ids=(passage_id(*passage),),
        metadata={"article": title},
    )
    return Draft(question, [passage], [passage] if in_pool else ())


def answered(values: Iterable[tuple[str, Any]], keep: bool) -> Iterator[tuple[str, Any]]:
    """Yield rows without those that have no answer, or with `NO_ANSWER` for it.

    Args:
        values: `(place, row)` pairs; what is no row passes.
        keep: Whether those without an answer are kept.
    """
    for where, value in values:
        if not isinstance(value, Mapping) or not _unanswerable(value):
            yield where, value
        elif keep:
            yield where, {**value, "answers": [NO_ANSWER]}


def _unanswerable(row: Mapping[str, Any]) -> bool:
    answers = row.get("answers")
    texts = answers.get("text") if isinstance(answers, Mapping) else answers
    return bool(row.get("is_impossible")) or (isinstance(texts, list) and not texts)


def _answers(record: Record) -> tuple[str, ...]:
    """Return the annotators' answers, each once, in any of the three ways of writing them."""
    given = record.get("answers")
    texts = given.get("text") if isinstance(given, Mapping) else given
    if isinstance(texts, list | tuple):
        texts = [each.get("text") if isinstance(each, Mapping) else each for each in texts]
    plain = Record({"answers": texts}, record.where)
    return plain.texts("answers")


def _values(path: str | Path) -> Iterator[tuple[str, Any]]:
    """Yield the questions of an official file as rows, or the rows of a file as they are."""
    start = read_text(path).lstrip()
    if start.startswith("{") and '"paragraphs"' in start:
        return _rows(Record(parse_json(start, str(path)), str(path)))
    return read_values(path)


def _rows(whole: Record) -> Iterator[tuple[str, Any]]:
    for number, value in enumerate(whole.list("data"), 1):
        article = Record(value, f"{whole.where} article {number}")
        for place, inner in enumerate(article.list("paragraphs"), 1):
            paragraph = Record(inner, f"{article.where} paragraph {place}")
            for nth, row in enumerate(paragraph.list("qas"), 1):
                where = f"{paragraph.where} question {nth}"
                if not isinstance(row, Mapping):
                    yield where, DataError(f"{where}: must be a JSON object. {CURE}")
                    continue
                context = {"title": article.get("title", ""), "context": paragraph.get("context")}
                yield where, {**row, **context}


def _divided(made: LoadedQuestions, shares: Mapping[str, float]) -> LoadedQuestions:
    """Divide questions by article, the same way at every time."""
    questions = made.questions("train")
    articles = sorted({question.metadata["article"] for question in questions})
    order = [articles[n] for n in rng_for(0, "squad", "articles").permutation(len(articles))]
    names: dict[str, str] = {}
    for split, share in shares.items():
        count = max(1, round(share * len(articles))) if share and len(articles) > 2 else 0
        names |= dict.fromkeys(order[len(names) : len(names) + count], split)
    parts: dict[str, list[Question]] = {}
    for split in ("train", *shares):
        parts[split] = [q for q in questions if names.get(q.metadata["article"], "train") == split]
    filled = {split: part for split, part in parts.items() if part}
    return LoadedQuestions(made.name, filled, made.documents, made.skipped)


def _share(name: str, value: Any) -> float:
    try:
        share = float(value)
    except (TypeError, ValueError):
        share = -1.0
    if not 0 <= share < 1:
        raise ConfigError(f"{name} is {value!r}; it is a share of articles, from 0 to below 1.")
    return share


def _is_true(value: bool | str) -> bool:
    if isinstance(value, bool):
        return value
    if value.lower() not in ("true", "false"):
        raise ConfigError(f"answers_only is {value!r}; it may be true or false.")
    return value.lower() == "true"
