import pytest

from hopgym.rewards.judges.base import Claim, Judge, ProcessVerdict, StepClaim, Verdict
from hopgym.rewards.judges.rule import RuleJudge


def test_what_a_judge_is():
    assert isinstance(RuleJudge(), Judge)
    assert not isinstance(object(), Judge)


def test_claims_are_values():
    one = Claim("Who?", "Ada", ("Ada",))
    assert one == Claim("Who?", "Ada", ("Ada",)) and hash(one) == hash(Claim(*_fields(one)))
    assert one.type == "fact" and StepClaim("Who?", "", "").documents == ()
    with pytest.raises(AttributeError):
        one.answer = "Orm"


def test_unscored_is_said_and_not_meant_by_a_number():
    assert Verdict(0.0) != Verdict(0.0, unscored=True)
    assert not Verdict(1.0).unscored and ProcessVerdict(0, 0, 0, "away", True).unscored


def _fields(claim):
    return claim.question, claim.answer, claim.golds, claim.type
