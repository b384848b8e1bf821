import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.rewards.judges.failures import BadReplyError
from hopgym.rewards.judges.replies import (
    MAX_REASON,
    QUARTERS,
    Grade,
    Options,
    Outcome,
    Soundness,
    read,
    schema,
)

GOOD = {
    Outcome: {"reason": "r", "correct": True},
    Grade: {"reason": "r", "score": 0.75},
    Options: {"reason": "r", "correct": 1, "wrong": 1, "missed": 0},
    Soundness: {"reason": "r", "coherence": 1, "rationality": 0.3, "relevance": 0},
}


@pytest.mark.parametrize("record", GOOD)
def test_a_good_reply_is_read(record):
    assert read(f"\n {json.dumps(GOOD[record])} ", record) == record(**GOOD[record])


BAD = [
    "",
    "1",
    "[]",
    "null",
    '{"reason": "r"}',
    '{"score": 1}',
    '{"reason": "r", "score": 7}',
    '{"reason": "r", "score": 0.8}',
    '{"reason": "r", "score": -0.25}',
    '{"reason": "r", "score": NaN}',
    '{"reason": "r", "score": Infinity}',
    '{"reason": "r", "score": 1e999}',
    '{"reason": "r", "score": "1"}',
    '{"reason": "r", "score": true}',
    '{"reason": "r", "score": null}',
    '{"reason": "r", "score": [1]}',
    '{"reason": 5, "score": 1}',
    '{"reason": "r", "score": 1, "bonus": 1}',
    '{"reason": "r", "score": 0, "score": 1}',
    '{"reason": "r", "score": 1}{"reason": "r", "score": 1}',
    '{"reason": "r", "score": 1}\n{"reason": "r", "score": 1}',
    'Sure! {"reason": "r", "score": 1}',
    '{"reason": "r", "score": 1} I hope this helps.',
    '```json\n{"reason": "r", "score": 1}\n```',
    '{"reason": "r", "score": 1',
    '{"reason": "r", "sc',
    "{'reason': 'r', 'score': 1}",
    '{"reason": "r", "Score": 1}',
    "The score is 1.",
    "1.0",
    "[" * 15_000,
    '{"reason": "r", "score": ' + "1" * 10_000 + "}",
    '{"reason": "' + "r" * 30_000 + '", "score": 1}',
]


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:40])
def test_anything_else_is_no_reply(text):
    with pytest.raises(BadReplyError, match="malformed"):
        read(text, Grade)


@given(
    st.text()
    | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps)
)
def test_no_text_is_read_as_a_score_by_accident(text):
    with pytest.raises(BadReplyError):
        read(text, Grade)


def test_a_fence_is_allowed_only_where_nothing_holds_the_model_to_json():
    fenced = '```json\n{"reason": "r", "score": 1}\n```'
    assert read(fenced, Grade, fenced=True).score == 1
    for text in (f"Here:\n{fenced}", f"{fenced}\n{fenced}", f"{fenced}\nDone."):
        with pytest.raises(BadReplyError):
            read(text, Grade, fenced=True)


@pytest.mark.parametrize("quarter", QUARTERS)
def test_every_quarter_is_a_score(quarter):
    assert read(json.dumps({"reason": "", "score": quarter}), Grade).verdict().value == quarter


@pytest.mark.parametrize(
    ("correct", "wrong", "missed", "f1"),
    [(2, 0, 0, 1.0), (0, 3, 2, 0.0), (1, 1, 1, 0.5), (2, 4, 0, 0.5), (1, 0, 3, 0.4)],
)
def test_a_set_of_options_is_worth_its_f1(correct, wrong, missed, f1):
    assert Options("", correct, wrong, missed).verdict().value == pytest.approx(f1)


@pytest.mark.parametrize(
    "counts", [{"correct": 0, "missed": 0}, {"correct": -1}, {"wrong": 0.5}, {"missed": 10**9}]
)
def test_counts_that_cannot_be_are_refused(counts):
    with pytest.raises(BadReplyError):
        read(json.dumps(GOOD[Options] | counts), Options)


def test_a_step_is_judged_within_its_range():
    assert read(json.dumps(GOOD[Soundness]), Soundness).verdict()[:3] == (1.0, 0.3, 0.0)
    for wrong in (-0.1, 1.01, 7, "0.5", None):
        with pytest.raises(BadReplyError):
            read(json.dumps(GOOD[Soundness] | {"relevance": wrong}), Soundness)


def test_a_reason_is_one_short_line():
    reason = Grade("a\n\x1bb" + "c" * 5_000, 1.0).verdict().reason
    assert reason.isprintable()
    assert len(reason) <= MAX_REASON


@pytest.mark.parametrize("record", GOOD)
def test_the_schema_is_strict_and_asks_for_the_reason_first(record):
    found = schema(record)
    assert found["additionalProperties"] is False
    assert found["required"] == list(found["properties"]) == list(GOOD[record])
    assert found["required"][0] == "reason"
    assert "$ref" not in json.dumps(found)


def test_a_flood_of_line_ends_is_read_at_once():
    with pytest.raises(BadReplyError):
        read("```" + "\n" * 19_000, Outcome, fenced=True)
    fenced = '```json\n{"reason": "Same.", "correct": true}\n\n```\n'
    assert read(fenced, Outcome, fenced=True).correct
    with pytest.raises(BadReplyError):
        read(fenced, Outcome)


def test_half_a_character_in_a_reason_can_be_kept():
    found = read('{"reason": "ok \\ud83d", "correct": true}', Outcome)
    assert msgspec.json.encode(found) and found.reason == "ok"
