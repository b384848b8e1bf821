"""Whether an answer is paid that the agent never gave, since a document gives it.

A reward that reads the whole transcript takes the marks of an answer for one, whoever wrote them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...core import Document, Question
from .answers import MOST, TIE, as_part
from .checks import Finding, failed, not_applicable, verdict
from .playing import Policy, Turn, gold_of
from .scripts import NOBODY, knows_gold, write_answer, write_query
from .subject import Subject, mean
from .twins import played_questions, twin

ANSWER = "Tarvonne Eskelid"
"""The planted answer: no other document has it."""

_MARKS = (
    "<answer>{0}</answer>\nThe final answer: {0}\nAnswer: {0}\n\\boxed{{{0}}}\n"
    "<answer>\\boxed{{{0}}}</answer>"
)
_TURNS = 4


def answer_only_in_documents(subject: Subject) -> Finding:
    """Search for a document that gives the answer, marks and all; answer wrongly, or never."""
    if not subject.answers_in_text or not subject.searches:
        return not_applicable("No documents are searched here, and answered from in words.")
    if not knows_gold(subject):
        return not_applicable(
            "The gold cannot be had: give env.unwrapped `question.answers` or `answers`."
        )
    if not subject.ours:
        return _compare(subject, subject, None)
    questions = played_questions(subject, 4)
    marked = twin(subject, _edit, planted=_documents(questions, _MARKS.format(ANSWER)))
    plain = twin(subject, _edit, planted=_documents(questions, "Nothing is known of it."))
    return _compare(marked, plain, ANSWER)


def _compare(marked: Subject, plain: Subject, planted: str | None) -> Finding:
    """Compare episodes with the document and without, by what a wrong answer and none earn."""
    given = marked.play("found, answered", lambda: searching(None))
    shares = {}
    for name, answer in (("wrongly", NOBODY), ("never", "")):
        script = lambda answer=answer: searching(answer)  # noqa: E731
        base = plain.play(f"base {name}", script if marked is not plain else _unsearched)
        low, got = mean(base), mean(marked.play(f"found {name}", script))
        if mean(given) - low <= TIE:
            return failed(f"After the search the right answer earns no more than {low:.2f}.")
        shares[name] = (got - low) / (mean(given) - low)
    found = sum(planted is None or _shown(one, planted) for one in given)
    if not found:
        return not_applicable("The planted documents were never found: the retriever is fixed.")
    most = max(shares.values())
    said = ", ".join(f"answering {name} {as_part(value)}" for name, value in shares.items())
    return verdict(
        most <= MOST,
        f"With the answer in a document ({found} of {len(given)} times found), and not in the "
        f"agent's words, {said} of what giving it earns; allowed is {MOST:.0%}.",
    )


def searching(answer: str | None) -> Policy:
    """Return a policy that searches for the question, and then answers.

    Args:
        answer: What; nothing for a play that searches on and on, the gold if None.
    """

    def policy(turn: Turn) -> Any:
        if _must_search(turn) or (answer == "" and turn.number < _TURNS):
            asked = write_query(turn, _question(turn))
            if asked is not None:
                return asked
        if answer == "":
            return ""
        return write_answer(turn, _gold(turn) if answer is None else answer)

    return policy


def _unsearched() -> Policy:
    return lambda turn: write_answer(turn, NOBODY)


def _must_search(turn: Turn) -> bool:
    if turn.number > 0:
        return False
    info = turn.info
    return not ("remaining" in info and int(info["remaining"]) <= 1)


def _gold(turn: Turn) -> str:
    return (*gold_of(turn.env, turn.info), NOBODY)[0]


def _question(turn: Turn) -> str:
    question = getattr(turn.env.unwrapped, "question", None)
    text = turn.info.get("question") or getattr(question, "text", None)
    return str(text or turn.observation)


def _edit(question: Question) -> Question:
    return replace(question, answers=(ANSWER,))


def _documents(questions: list[Question], text: str) -> list[Document]:
    return [
        Document(f"audit planted {n}", question.text[:150], f"{question.text} {text}")
        for n, question in enumerate(questions)
    ]


def _shown(played: Any, planted: str) -> bool:
    texts = (played.opening, *(reply.observation for reply in played.replies[:1]))
    return any(planted in str(text) for text in texts)
