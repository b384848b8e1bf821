import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.rewards.judges.base import StepClaim
from hopgym.rewards.judges.step_rules import (
    coherence,
    judge_step,
    rationality,
    relevance,
    was_asked,
)

QUESTION = "Where was the author of Vel born?"
BEFORE = (
    f"The question: {QUESTION}\nStep 1:\nThe problem analysis: I need the author of Vel.\n"
    "The retrieval query: Who is the author of Vel?\n"
    "The retrieval documents: Vel: The author of Vel is Ada Orm.\n"
)


def step(
    analysis="Ada Orm wrote Vel.", query="Where was Ada Orm born?", documents=(), before=BEFORE
):
    return StepClaim(QUESTION, analysis, query, documents, before)


def test_a_sound_step():
    verdict = judge_step(step(documents=("Ada Orm: Ada Orm was born in Ull.",)))
    assert verdict.coherence == verdict.rationality == 1
    assert verdict.relevance == pytest.approx((3 / 3 + 1 / 3) / 2)
    assert verdict.reason.startswith("coherence: takes up what was known")
    assert not verdict.unscored


@pytest.mark.parametrize(
    ("analysis", "value"),
    [
        ("", 0),
        ("the of and", 0),
        ("go " * 20, 0),
        ("I need the author of Vel.", 0),  # said before, word for word
        ("Vel is a book.", 0.5),  # takes up the question, and does not lead to the query
        ("xyzzy zymurgy", 0),
        ("zymurgy of the unheard, born", 1),
    ],
)
def test_coherence(analysis, value):
    assert coherence(step(analysis))[0] == value


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("", 0),
        ("?", 0),
        ("Ada Ada Ada Ada Ada Ada Ada Ada Ada", 0),
        ("word " * 5 + " ".join(f"w{n}" for n in range(60)), 0),
        ("who is the AUTHOR of Vel", 0),  # asked before
        (QUESTION, 1),  # the question stands before, as the question
        ("Ada Orm birthplace city country", 0.8),  # 2 of 5 words are known
        ("quantum chromodynamics", 0),
    ],
)
def test_rationality(query, value):
    assert rationality(step(query=query))[0] == pytest.approx(value)


def test_the_question_itself_is_asked_once():
    before = f"{BEFORE}Step 2:\nThe retrieval query: {QUESTION}\n"
    assert rationality(step(query=QUESTION, before=before))[0] == 0


def test_queries_are_found_in_other_dialects():
    assert was_asked("Who is Ada?", "<think>Hm</think><search>who is Ada</search>")
    plan = (
        "<search>Nodes: A: Who is Ada? (General)\nB: Where is Vel? (News)\nEdges: A -> B</search>"
    )
    assert was_asked("Who is Ada?", plan) and was_asked("Where is Vel?", plan)
    assert not was_asked("Ada", plan) and not was_asked("", "")


def test_relevance_takes_the_best_document():
    assert relevance(step()) == 0
    bad, good = "Noise: nothing here", "Ada Orm: Ada Orm was born in Ull, author of Vel."
    both = relevance(step(documents=(bad, good)))
    assert both == relevance(step(documents=(good,))) == 1
    assert relevance(step(documents=(bad,))) == 0


@given(st.text(), st.text(), st.text(), st.text())
def test_any_text_can_be_judged(analysis, query, document, before):
    verdict = judge_step(StepClaim(QUESTION, analysis, query, (document,), before))
    assert all(0 <= value <= 1 for value in verdict[:3])
