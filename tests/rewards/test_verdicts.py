import pytest
from dag_episodes import EmJudge

from hopgym.core import Question
from hopgym.errors import ConfigError, RewardError
from hopgym.rewards.judges import (
    Claim,
    ProcessVerdict,
    StepClaim,
    SupportClaim,
    Verdict,
    make_judge,
)
from hopgym.rewards.verdicts import claim, outcome, process, semantic, support

CLAIM = Claim("Who?", "Ada", ("Ada",))
STEP = StepClaim("Who?", "a", "q")


def test_a_claim_has_all_accepted_answers():
    question = Question("q", "Which?", ("A, C", "C, A"), type="MULTI")
    assert claim(question, "A") == Claim("Which?", "A", ("A, C", "C, A"), "multi")


@pytest.mark.parametrize("type", ["", "chain", "comparison", "facts"])
def test_a_type_that_judges_do_not_know_is_a_fact(type):
    assert claim(Question("q", "Who?", ("Ada",), type=type), "Ada").type == "fact"
    told = Question("q", "Why?", ("Ada",), type=type, metadata={"type": "cause"})
    assert claim(told, "Ada").type == "cause"


def test_one_question_for_the_batch_and_none_for_nothing():
    judge = EmJudge()
    assert [verdict.value for verdict in outcome(judge, [CLAIM, CLAIM])] == [1.0, 1.0]
    assert semantic(judge, []) == outcome(judge, []) == process(judge, []) == []
    assert len(process(judge, [STEP])) == 1
    assert [method for method, _ in judge.batches] == ["outcome", "process"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "gave NoneType verdicts for 1 claims"),
        ([Verdict(1.0)] * 2, "gave 2 verdicts for 1 claims; `semantic` must return a list"),
        ([(1.0, "", False)], "gave a tuple; `semantic` must return Verdicts"),
        ([Verdict(float("nan"))], "`semantic` returns is from 0 to 1"),
        ([Verdict(-0.1)], "from 0 to 1"),
        ([Verdict("1")], "from 0 to 1"),
    ],
)
def test_what_is_no_verdict_is_refused(given, message):
    judge = EmJudge()
    judge.semantic = lambda claims: given
    with pytest.raises(ConfigError, match=message):
        semantic(judge, [CLAIM])


def test_each_number_of_a_process_verdict_is_looked_at():
    with pytest.raises(ConfigError, match="The judge 'em' gave ProcessVerdict"):
        process(EmJudge(process=ProcessVerdict(0.5, 0.5, 7.0)), [STEP])


def test_an_unscored_verdict_needs_no_value():
    judge = EmJudge()
    judge.semantic = lambda claims: [Verdict(float("nan"), "away", unscored=True)]
    assert semantic(judge, [CLAIM])[0].reason == "away"


def test_a_question_whose_answers_are_one_text_is_not_read_letter_by_letter():
    with pytest.raises(ConfigError, match="golds are 'Ada Orm'; they must be a list"):
        claim(Question("q", "Who?", "Ada Orm"), "a")


def test_what_a_judge_raises_is_told_by_its_name_and_line():
    judge = EmJudge()
    judge.semantic = lambda claims: {}["verdict"]
    with pytest.raises(
        RewardError, match=r"The judge EmJudge raised KeyError: 'verdict' \(line \d+ of .*test_verd"
    ):
        semantic(judge, [CLAIM])


def test_support_is_asked_of_a_judge_that_has_it():
    claims = [SupportClaim("Ada made it.", ("Made by Ada.",)), SupportClaim("Bea", ("By Ada.",))]
    assert [verdict.value for verdict in support(make_judge("rule"), claims)] == [1.0, 0.0]
    assert support(EmJudge(), []) == []
    with pytest.raises(RewardError, match=r"raised AttributeError"):
        support(EmJudge(), claims)
