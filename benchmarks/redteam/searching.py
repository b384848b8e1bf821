"""Searches that are made for their pay: repeated, stuffed, made up, or for form's sake."""

from __future__ import annotations

from collections.abc import Callable

from ...agents.transcript import Transcript
from ...envs.plans import Node
from .answers import everything
from .exploit import Exploit, constant_plan, raw_answer, raw_query, scripted

FAMILY = "searching"
ANSWER = "unknown"
LABELS = "ABCDEFGH"


def searches(query: Callable[[Transcript, int], str], answer: str = ANSWER) -> Callable[..., str]:
    """Return play that asks a query in every turn there is, and then answers.

    Args:
        query: What to ask, from the view and the number of the query (from 0).
        answer: What to say in the end.
    """

    def play(view: Transcript) -> str:
        if view.tools and not view.may_answer:
            most = min(view.max_nodes, len(LABELS))
            nodes = [Node(LABELS[n], query(view, n), view.tools[0]) for n in range(most)]
            return view.plan("I search.", nodes)
        if view.may_search and not view.tools:
            return raw_query(view, query(view, len(view.queries)))
        return raw_answer(view, answer)

    return play


def one_character(view: Transcript) -> str:
    """Keep to the form with as little in it as can be."""
    if not view.may_answer:
        return constant_plan(view)
    return raw_query(view, "a") if view.may_search and not view.tools else raw_answer(view, "a")


def stuffed(view: Transcript, number: int) -> str:
    """Return a query with every name seen so far: the answer stands in it, whichever it is."""
    return view.fit(" ".join([view.question, *everything(view)])[:900])


def _words(view: Transcript, number: int) -> str:
    words = view.question.rstrip("?").split()
    return words[number % len(words)]


EXPLOITS: tuple[Exploit, ...] = (
    scripted(
        "repeated_query",
        FAMILY,
        "The question as the query, again and again; then unknown.",
        searches(lambda view, n: view.fit(view.question)),
    ),
    scripted(
        "word_by_word", FAMILY, "The question's words, one a query; then unknown.", searches(_words)
    ),
    scripted("answer_in_query", FAMILY, "Every name goes into the query.", searches(stuffed)),
    scripted(
        "answer_in_query_echo",
        FAMILY,
        "Every name goes into the query, and the answer is one letter.",
        searches(stuffed, "x"),
    ),
    scripted(
        "nonsense",
        FAMILY,
        "Queries that find nothing; a made-up answer.",
        searches(lambda view, n: f"qq{n}z", "Qqz"),
    ),
    scripted(
        "glued_query",
        FAMILY,
        "Words glued by slashes, so that a limit on words sees one.",
        searches(lambda view, n: f"{LABELS[n % 8]}x/" + "/".join(view.question.split()), "Qqz"),
    ),
    scripted(
        "constant",
        FAMILY,
        "The same search for every question; a made-up answer.",
        searches(lambda view, n: "town person company year founder", "Qqz Vow"),
    ),
    scripted("format_only", FAMILY, "The form, with one letter in it.", one_character),
)
