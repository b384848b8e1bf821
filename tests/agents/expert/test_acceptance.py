import pytest
from toy import QUESTIONS

from hopgym.agents.expert.acceptance import Acceptance, Condition, flaw_of, read_condition
from hopgym.agents.rollout import Episode, Job
from hopgym.core import Step, Trajectory
from hopgym.errors import ConfigError, RewardError, UnknownNameError
from hopgym.rewards.judges import Verdict
from hopgym.rewards.judges.failures import SetupError


def episode(answer="Tessa", em=1.0, error=None, outcome="answered", reward=0.5):
    step = Step(1, "a", {"kind": "answer", "text": answer}, parse_error=error)
    trajectory = Trajectory("q1", "e", steps=(step,), prediction=answer, outcome=outcome)
    return Episode(Job("q1"), trajectory, reward, {}, {"em": em, "f1": 0.5}, 0.0)


def rule(conditions, *episodes):
    items = [(QUESTIONS[0], each) for each in episodes]
    return Acceptance(conditions).rule(items)


class Judge:
    """Says what it was told to; remembers what it was asked at a time."""

    name = fingerprint = "said"

    def __init__(self, *verdicts):
        self.verdicts = verdicts
        self.asked = []

    def outcome(self, claims):
        self.asked.append([claim.answer for claim in claims])
        if isinstance(self.verdicts[0], Exception):
            raise self.verdicts[0]
        return list(self.verdicts)

    semantic = process = outcome


def judged(judge, *episodes, more=()):
    acceptance = Acceptance(("em", *more))
    acceptance._judges.append(judge)
    return acceptance.rule([(QUESTIONS[0], each) for each in episodes])


@pytest.mark.parametrize(
    "condition, accepted",
    [("em", True), ("em==0", False), ("f1>=0.5", True), ("f1 > 0.5", False), ("f1", False),
     ("reward>0", True), ("reward<=-1", False), ("reward<1e9", True)],
)  # fmt: skip
def test_a_metric_must_keep_its_bound(condition, accepted):
    (ruling,) = rule([condition], episode())
    assert ruling.accepted is accepted and ruling.error is None
    assert ruling.reason.startswith(read_condition(condition).metric)


def test_all_conditions_must_hold():
    assert [r.accepted for r in rule(["em", "f1>=0.9"], episode())] == [False]
    assert rule(["em", "f1>=0.5"], episode())[0] == (True, "em 1, f1 0.5", None)


@pytest.mark.parametrize("text", ["", "em>=", "f1>=high", "judge", "a b", "f1=0.5", "em>>1"])
def test_what_is_no_condition_is_refused(text):
    if text == "judge":  # a metric that no episode has
        with pytest.raises(ConfigError, match=r"no metric 'judge'; they have: em, f1, reward"):
            rule([text], episode())
    else:
        with pytest.raises(ConfigError, match="is no condition to accept an episode by"):
            Acceptance([text])


def test_no_condition_at_all_is_refused():
    with pytest.raises(ConfigError, match="Nothing says which episodes are accepted"):
        Acceptance([])
    with pytest.raises(UnknownNameError, match="judge 'ruel'"):
        Acceptance(["judge=ruel"])


def test_an_episode_with_a_flaw_is_no_example_whatever_it_earned():
    rulings = rule(
        ["reward>=-9"],
        episode(error="no_step"),
        episode(outcome="out_of_steps"),
        episode()._replace(trajectory=None),
    )
    assert [tuple(r[:2]) for r in rulings] == [
        (False, "unreadable: no_step"),
        (False, "no answer: out_of_steps"),
        (False, "no trajectory"),
    ]
    assert flaw_of(episode().trajectory) == ""


def test_the_rule_judge_rules():
    wrong, said = episode("Leeds"), episode("It was Tessa.")
    rulings = rule(["judge=rule"], wrong, said)
    assert [r.accepted for r in rulings] == [False, True]
    assert rulings[1].reason.startswith("judge rule 1")


def test_judges_are_asked_once_about_what_fulfils_all_else():
    judge = Judge(Verdict(1.0, "fine"), Verdict(0.0, "no"))
    rulings = judged(judge, episode(em=0.0), episode("a"), episode("b"))
    assert judge.asked == [["a", "b"]]
    assert [r.accepted for r in rulings] == [False, True, False]
    assert rulings[1].reason == "em 1, judge said 1: fine"


def test_what_a_judge_could_not_judge_is_an_error_and_no_refusal():
    (ruling,) = judged(Judge(Verdict(0.0, "timeout", unscored=True)), episode())
    assert not ruling.accepted and "gave no verdict: timeout" in ruling.error
    (ruling,) = judged(Judge(RewardError("the cache is gone")), episode())
    assert "the cache is gone" in ruling.error


def test_a_judge_that_is_set_up_wrongly_ends_the_run():
    with pytest.raises(SetupError, match="wrong key"):
        judged(Judge(SetupError("wrong key")), episode())


def test_other_conditions_have_another_fingerprint():
    prints = [Acceptance(c).fingerprint for c in (["em"], ["em>=1"], ["em>0"], ["judge=rule"])]
    assert prints[0] == prints[1] != prints[2] and len(prints[3]) == 1
    assert str(Condition("f1", ">", 0.25)) == "f1>0.25"
    assert Acceptance(["judge=rule"]).asks_judges and not Acceptance().asks_judges
