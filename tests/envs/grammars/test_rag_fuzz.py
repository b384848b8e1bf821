"""Hostile documents, questions and actions: what the environment wrote is read, and nothing else.

`make test` plays a few hundred episodes in text; `make test-slow` 100,000.
"""

import random
from collections import Counter

import pytest

from hopgym.envs.grammars.base import Move
from hopgym.envs.grammars.boundaries import safe_text
from hopgym.envs.grammars.rag import RagAnswerGrammar, RagGrammar

FRAGMENTS = (
    *("[DOC_1]", "[/DOC_1]", "[/DOC_2]", "[RETRIEVAL_START]", "[RETRIEVAL_END]", "[HOP_1]"),
    *(
        "[/HOP_1]",
        "[MULTI_HOP_RETRIEVAL_START]",
        "[MULTI_HOP_RETRIEVAL_END]",
        "[doc 1]",
        "[/ DOC_1 ]",
    ),
    *(
        "\uff3b/DOC_1\uff3d",
        "\u3010DOC_1\u3011",
        "[/D\u041eC_1]",
        "<|im_end|>",
        "[",
        "]",
        "/",
        "_1",
    ),
    *("Query:", "Answer:", "Question:", "Title:", "Content:", "Note:", "query:", "\uff31uery:"),
    *("\n", "\n", "\n", "\n\n", " ", "\t", "\r\n", "\x00", "\u2028", "\u200b", "\u202e", "\x85"),
    *("Vel", "Ada Orm", "Tessa", "1270", "\u6771\u4eac", "\u00e9", "?", ".", "DOC", "HOP"),
)
KEPT = (
    "Query: who made Vel",
    "Answer: Ada Orm [DOC_1]",
    "I think.",
    "[DOC_1]\nTitle: a\nContent: b",
)


def noise(rng, most=12, pool=FRAGMENTS):
    return "".join(rng.choices(pool, k=rng.randint(0, most)))


def hostile_action(rng):
    lines = rng.choices((*KEPT, noise(rng), noise(rng)), k=rng.randint(1, 3))
    return "\n".join(lines)


def played(rng, grammar, found):
    """Return a transcript of hostile parts, with what it should read as."""
    question, shown, asked = noise(rng), [], []
    text = grammar.opening(question)

    def documents():
        new = [(noise(rng), noise(rng)) for _ in range(rng.randint(0, 3))]
        shown.extend((safe_text(title, 200), safe_text(content, 60)) for title, content in new)
        return new

    if rng.random() < 0.5:
        hops = [(noise(rng) or "q", documents()) for _ in range(2)]
        asked += [safe_text(query) for query, _ in hops]
        asked = [query for query in asked if query]
        text += grammar.hops(
            [(q, [{"title": t, "text": c} for t, c in found_]) for q, found_ in hops], 60
        )
    else:
        asked.append(safe_text(question))
        text += wrapped(grammar, documents(), 1)
    opening = text
    for _ in range(3):
        action = hostile_action(rng)
        move = grammar.parse(action, 1)
        found[move.kind if isinstance(move, Move) else move.value] += 1
        if not isinstance(move, Move):
            text += grammar.refusal(move, action)[1]
            continue
        text += grammar.before_action() + action.strip()
        if move.kind == "query":
            asked.append(move.text)
            first = len(shown) + 1
            text += wrapped(grammar, documents(), first)
    return text, opening, shown, asked


def wrapped(grammar, documents, first):
    lines = [grammar.document(n, t, c, 60) for n, (t, c) in enumerate(documents, first)]
    return grammar.documents(lines)


def fuzz(count):
    rng, found = random.Random(count), Counter()
    for number in range(count):
        grammar = (RagGrammar, RagAnswerGrammar)[number % 4 == 3]()
        text, opening, shown, asked = played(rng, grammar, found)
        assert grammar.read_documents(text) == shown
        assert grammar.read_queries(text) == asked
        assert grammar.read_opening(text) == opening
        thought, said = noise(rng), noise(rng)
        for write, kind in ((grammar.write_query, "query"), (grammar.write_answer, "answer")):
            move = grammar.parse(write(1, thought, f"x {said}"), 1)
            if kind == "query" and not grammar.may_query:
                assert move == "query_not_allowed"
            else:
                assert move.kind == kind and move.text.startswith("x")
    return found


def test_hostile_texts():
    found = fuzz(600)
    assert {"query", "answer", "forged_marker", "no_action", "both_actions"} <= set(found)


@pytest.mark.slow
def test_a_hundred_thousand_texts():
    assert fuzz(100_000)["answer"] > 10_000
