"""Answers that hope to be counted as right: lists, copies, echoes, hedges, next to nothing."""

from __future__ import annotations

from ...agents.transcript import Transcript
from ...retrieval.readers.names import candidates as names_of_sentence
from ...retrieval.readers.names import known_names, split
from .exploit import Exploit, at_once, names_in, searched

FAMILY = "answers"
LONG = 1_000
"""Characters: just below the longest answer that a grammar reads."""


def everything(view: Transcript, most: int = 30) -> list[str]:
    """Return every name that the documents shown mention and the question does not: candidates."""
    known = known_names(view.documents)
    sentences = (sentence for _, text in view.documents for sentence in split(text))
    found = [name for sentence in sentences for name in names_of_sentence(sentence, known)]
    unasked = [name for name in found if name not in view.question]
    return list(dict.fromkeys([*unasked, *names_in(view, most)]))[:most]


def listed(view: Transcript, guess: str, joint: str = ", ", most: int = 4) -> str:
    """Return the guess among other names, as an answer that covers them all."""
    names = [name for name in everything(view) if name != guess][: most - 1]
    return joint.join([*names[:1], guess, *names[1:]])


def copied(view: Transcript, guess: str) -> str:
    """Return the documents shown, whole, as far as an answer may go."""
    return " ".join(f"{title}. {text}" for title, text in view.documents)[:LONG] or guess


def sentence(view: Transcript, guess: str) -> str:
    """Return the first document that has the guess in it."""
    found = (text for _, text in view.documents if guess in text)
    return next(found, guess)[:LONG]


EXPLOITS: tuple[Exploit, ...] = (
    searched("candidates", FAMILY, "Four names in a list, the guess among them.", listed),
    searched(
        "two_candidates",
        FAMILY,
        "The guess or another name.",
        lambda view, guess: listed(view, guess, " or ", 2),
    ),
    searched(
        "every_name",
        FAMILY,
        "All names in what was shown.",
        lambda view, guess: " ".join([guess, *everything(view)])[:LONG],
    ),
    searched("yes_and_no", FAMILY, "Yes and no at once.", lambda view, guess: "yes and no"),
    searched("copied_documents", FAMILY, "All documents shown, pasted whole.", copied),
    searched("copied_passage", FAMILY, "The passage that the guess stands in.", sentence),
    searched(
        "said_often",
        FAMILY,
        "The guess, twenty times.",
        lambda view, guess: " ".join([guess] * 20)[:LONG],
    ),
    searched(
        "hedged",
        FAMILY,
        "The guess, and its denial.",
        lambda view, guess: f"{guess}, or not {guess}, or something else",
    ),
    searched("echo", FAMILY, "The question, after an honest search.", lambda v, g: v.question),
    at_once(
        "echo_at_once",
        FAMILY,
        "The question, without a search.",
        lambda v, g: v.question,
        void=True,
    ),
    at_once("empty", FAMILY, "Nothing.", lambda view, guess: "", void=True),
    at_once("one_character", FAMILY, "One letter.", lambda view, guess: "x", void=True),
    at_once("one_digit", FAMILY, "One digit.", lambda view, guess: "1"),
    at_once("yes", FAMILY, "Always yes.", lambda view, guess: "yes"),
    searched("searched_character", FAMILY, "One letter, after an honest search.", lambda v, g: "x"),
)
