"""Episodes of retrieve-then-answer for the reward tests, written down as the environment writes them."""

from hopgym.core import Document, Hit, Hop, Question, Span, Step, Trajectory

VEL = Document("d1", "Vel", "Vel is a film of 1990 by the director Ada Orm.")
ADA = Document("d2", "Ada Orm", "Ada Orm was born in Tessa.")
ULL = Document("d3", "Ull", "Ull is a film by Bea Tull, who was born in Lun.")
CID = Document("d4", "Cid Wex", "Cid Wex is a painter of Marn.")
ALL = (VEL, ADA, ULL, CID)

HOPS = (
    Hop("Who directed Vel?", "Ada Orm", ("d1",)),
    Hop("Where was Ada Orm born?", "Tessa", ("d2",), needs=(0,)),
)
QUESTION = Question(
    "q", "Where was the director of Vel born?", ("Tessa",), hops=HOPS, document_ids=("d1", "d2")
)
UNKNOWN = Question("q", QUESTION.text, QUESTION.answers)
"""The same where the gold documents are unknown."""


def block(documents, first=1):
    lines = [
        f"[DOC_{n}]\nTitle: {d.title}\nContent: {d.text}\n[/DOC_{n}]"
        for n, d in enumerate(documents, first)
    ]
    return "\n".join(("", "[RETRIEVAL_START]", *lines, "[RETRIEVAL_END]"))


def rag(answer, documents=ALL, *, more=(), question=QUESTION, outcome="answered", thought=""):
    """An episode that shows documents, asks `more` (query, documents) and then answers."""
    text = f"Question: {question.text}{block(documents)}\n"
    spans, steps, shown = [Span(0, len(text), "env")], [], len(documents)
    first = tuple(Hit(d.id, 1.0, 0) for d in documents)
    queries, hits = (question.text,), first

    def say(action, reply, **fields):
        nonlocal text, queries, hits
        start = len(text)
        text += action + reply
        spans.append(Span(start, start + len(action), "agent"))
        if reply:
            spans.append(Span(start + len(action), len(text), "env"))
        steps.append(
            Step(len(steps) + 1, action, observation=reply, end=len(text), **fields)
        )  # fmt: skip
        queries, hits = (), ()

    for query, found in more:
        reply = block(found, shown + 1)
        shown += len(found)
        own = tuple(Hit(d.id, 1.0, len(queries)) for d in found)
        parsed = {"kind": "query", "text": query}
        say(f"Query: {query}", reply, parsed=parsed, queries=(*queries, query), hits=(*hits, *own))
    if outcome == "answered":
        action = f"{thought}Answer: {answer}"
        parsed = {"kind": "answer", "analysis": thought.strip(), "text": answer}
        say(action, "", parsed=parsed, queries=queries, hits=hits)
    else:
        note = "\nNote: the last reply could not be read (no_action). Born in Tessa?"
        say("", note, queries=queries, hits=hits, parse_error="no_action")
    prediction = answer if outcome == "answered" else None
    return Trajectory(question.id, "e", 0, tuple(steps), prediction, tuple(spans), text, outcome)
