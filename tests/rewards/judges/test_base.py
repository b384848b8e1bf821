import pytest

from hopgym.core import Question
from hopgym.errors import ConfigError
from hopgym.rewards.judges.base import (
    Claim,
    Judge,
    ProcessVerdict,
    StepClaim,
    SupportClaim,
    Verdict,
    check_claims,
)
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


def test_lists_become_tuples_and_subclasses_of_text_pass():
    class Text(str):
        pass

    one = Claim(Text("Who?"), "Ada", [Text("Ada"), "Orm"])
    assert one.golds == ("Ada", "Orm") and hash(one) == hash(Claim("Who?", "Ada", ("Ada", "Orm")))
    assert StepClaim("Who?", "a", "q", ["Vel: a"]).documents == ("Vel: a",)


def test_only_a_gold_that_says_something_can_be_compared_with():
    assert Claim("Who?", "Ada", ("", "Ada")).has_golds
    assert not Claim("Who?", "\xad", ("\xad", "\u200b ")).has_golds
    assert not Claim("Who?", "Ada", (" ", "")).has_golds and not Claim("Who?", "Ada", ()).has_golds


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        # Letter by letter, any answer with an A in it was once accepted.
        (("Who?", "a", "Ada Orm"), r"golds are 'Ada Orm'; .* a list of texts. Put the one text in"),
        (("Who?", "a", ("Ada", None)), r"A Claim's golds are \('Ada', None\); they must be a list"),
        (("When?", "a", [1990]), r"golds are \[1990\]"),
        (("Who?", "a", b"Ada"), "golds are b'Ada'"),
        (("Who?", "a", {"Ada"}), "golds are {'Ada'}"),
        (("Who?", "a", None), "golds are None"),
        (
            ("Who?", None, ("Ada",)),
            'answer is None; it must be a text. Where there is none, write ""',
        ),
        (("Who?", 1990, ("Ada",)), r"A Claim's answer is 1990; it must be a text\.$"),
        ((Question("q", "Who?", ("Ada",)), "a", ("Ada",)), r"A Claim's question is Question\("),
        (("Who?", "a", ("Ada",), "facts"), "one of: fact, cause, multi. Did you mean 'fact'"),
        (("Who?", "a", ("Ada",), "essay"), r"type is 'essay'; it is one of: fact, cause, multi\.$"),
        (("Who?", "a", ("Ada",), None), "A Claim's type is None"),
        (("Who?", "a", ("Ada",), ["fact"]), r"A Claim's type is \['fact'\]"),
    ],
)
def test_what_no_claim_can_hold_is_refused(fields, message):
    with pytest.raises(ConfigError, match=message):
        Claim(*fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (("Who?", None, "q"), "A StepClaim's analysis is None"),
        (("Who?", "a", ["q"]), r"A StepClaim's query is \['q'\]; it must be a text"),
        (("Who?", "a", "q", "Vel: a city"), "documents are 'Vel: a city'; they must be a list of"),
        (("Who?", "a", "q", (("Vel", "a city"),)), r"documents are \(\('Vel', 'a city'\),\)"),
        (("Who?", "a", "q", (), 3), "A StepClaim's before is 3"),
    ],
)
def test_what_no_claim_about_a_step_can_hold_is_refused(fields, message):
    with pytest.raises(ConfigError, match=message):
        StepClaim(*fields)


ONE = Claim("Who?", "Ada", ("Ada",))


def test_claims_come_in_any_order_of_things():
    assert check_claims((one for one in [ONE, ONE]), Claim, "outcome") == [ONE, ONE]
    assert check_claims([], StepClaim, "process") == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (ONE, r"^`outcome` takes a list of Claims, and was given one Claim: write \[claim\]\.$"),
        ("Ada", "takes a list of Claims, and was given 'Ada'"),
        (None, "was given None"),
        (
            [ONE, "Ada"],
            r"number 2 of 2 is a str: 'Ada'. Make one: Claim\(question, answer, golds\)",
        ),
        ([StepClaim("Who?", "a", "q")], "number 1 of 1 is a StepClaim"),
        ([("Who?", "Ada", ("Ada",))], "is a tuple"),
    ],
)
def test_what_is_no_list_of_claims_is_refused(given, message):
    with pytest.raises(ConfigError, match=message):
        check_claims(given, Claim, "outcome")


def test_unscored_is_said_and_not_meant_by_a_number():
    assert Verdict(0.0) != Verdict(0.0, unscored=True)
    assert not Verdict(1.0).unscored and ProcessVerdict(0, 0, 0, "away", True).unscored


def _fields(claim):
    return claim.question, claim.answer, claim.golds, claim.type


def test_a_claim_about_documents():
    assert SupportClaim("a", ["Vel: a"]).documents == ("Vel: a",)
    with pytest.raises(ConfigError, match=r"A SupportClaim's claim is None; it must be a text"):
        SupportClaim(None, ())
    with pytest.raises(ConfigError, match=r"documents are 'one'; they must be a list of texts"):
        SupportClaim("a", "one")
    with pytest.raises(ConfigError, match=r"was given one SupportClaim: write \[claim\]"):
        check_claims(SupportClaim("a", ()), SupportClaim, "support")
