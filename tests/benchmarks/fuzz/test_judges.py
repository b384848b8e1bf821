import json

import pytest

from hopgym.benchmarks.fuzz import judges
from hopgym.benchmarks.fuzz.judges import ReplyTarget, RuleTarget, judge_targets
from hopgym.benchmarks.fuzz.runner import Fault, fuzz
from hopgym.rewards.judges.base import Verdict


def test_hostile_replies_and_claims_break_no_judge():
    for target in judge_targets():
        found = fuzz(target, 100)
        assert not found.failures, found.failures[0].problem


@pytest.mark.slow
def test_a_hundred_thousand_replies():
    for target in judge_targets():
        assert not fuzz(target, 50_000).failures


def test_bodies_are_read_as_their_judges_do():
    reply = json.dumps({"reason": "Same.", "correct": True})
    body = {"choices": [{"message": {"content": reply}, "finish_reason": "stop"}]}
    case = {"record": "outcome", "form": "openai", "text": json.dumps(body)}
    assert ReplyTarget().check(case, None) == 1
    assert judges._read_body("openai", case["text"]).text == reply


def test_a_verdict_out_of_range_is_told():
    with pytest.raises(Fault, match="is not from 0 to 1"):
        judges._check_verdict(Verdict(1.5, "x"))
    with pytest.raises(Fault, match="long or not printable"):
        judges._check_verdict(Verdict(1.0, "a\nb"))


def test_a_judge_that_changes_its_mind_is_told():
    target = RuleTarget()
    answers = iter([Verdict(1.0), Verdict(0.0)])
    target._judge = type("Judge", (), {"outcome": lambda self, claims: [next(answers)]})()
    case = {"question": "", "answer": "a", "golds": ["b"], "documents": [], "type": "fact"}
    with pytest.raises(Fault, match=r"outcome says .* and then"):
        target.check(case, None)
