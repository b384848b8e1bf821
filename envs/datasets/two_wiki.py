"""2WikiMultiHopQA (arXiv 2011.01060): two to four hops, with evidence triples.

Reads the official records, those without paragraphs, and the 1,000-question retrieval benchmark
(gold titles and answer aliases).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ...core import Fact
from .drafts import Draft, load_any
from .hotpotqa import convert_with
from .loaded import LoadedQuestions
from .records import Record

HUB = "voidful/2WikiMultihopQA"


def load_two_wiki(
    path: str | Path | None = None, *, split: str = "train", hub_name: str = HUB, **options: Any
) -> LoadedQuestions:
    """Load 2WikiMultiHopQA from a file, or by name through `datasets`.

    Args:
        path: A JSON list or JSON-lines file, gzipped or not; None asks the hub.
        split: What to call the file's split, or the hub's split to load.
        hub_name: The data set's name on the hub, or a local folder of it.
        **options: `documents`, `strict` and `limit`, as in `hopgym.envs.datasets.drafts.load`.
    """
    return load_any("two_wiki", convert, path, split=split, hub=(hub_name, None), **options)


def convert(record: Record) -> Draft:
    """Read one record; unlike HotpotQA's, sentences join with a blank."""
    draft = convert_with(record, join=" ")
    facts = _facts(record)
    answers = tuple(dict.fromkeys((*draft.question.answers, *record.aliases())))
    heads, tails = dict.fromkeys(f.head for f in facts), dict.fromkeys(f.tail for f in facts)
    question = replace(
        draft.question,
        answers=answers,
        facts=facts,
        gold_facts=tuple(range(len(facts))),
        # What a fact leads to is found on the way; a yes is no entity.
        topic_entities=tuple(head for head in heads if head not in tails),
        answer_entities=tuple(a for a in answers if a in heads or a in tails)[:1],
    )
    return draft._replace(question=question)


def _facts(record: Record) -> tuple[Fact, ...]:
    try:
        return tuple(Fact(*map(str, triple)) for triple in record.get("evidences", ()))
    except TypeError:
        raise record.bad("evidences", "must be a list of [head, relation, tail]") from None
