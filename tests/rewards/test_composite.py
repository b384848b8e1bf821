import math

import pytest
from dag_episodes import QUESTION as PLANNED
from dag_episodes import answered
from rewards_episodes import QUESTION, answer, episode

import hopgym.rewards
from hopgym.core import Score
from hopgym.errors import ConfigError, RewardError, UnknownNameError
from hopgym.rewards import make_reward
from hopgym.rewards.base import weights_of
from hopgym.rewards.composite import Composite

DONE = episode(answer("Ada"), outcome="answered", prediction="Ada")


def test_parts_are_weighed_and_named():
    both = Composite({"em": make_reward("em"), "f1": make_reward("f1")}, {"f1": 0.5})
    score = both(QUESTION, DONE)
    assert score.terms == pytest.approx({"em/outcome": 0.0, "f1/outcome": 1 / 3})
    assert score.value == pytest.approx(1 / 3)


def test_a_schedule_follows_the_training_step_and_changes_nothing_in_place():
    warm = Composite({"f1": make_reward("f1")}, {"f1": lambda step: min(step, 10) / 10})
    assert warm.at(0)(QUESTION, DONE).value == 0.0
    assert warm.at(6)(QUESTION, DONE).value == pytest.approx(0.4)
    assert warm.step is None and warm.weight("f1") == 1.0
    assert warm.at(6).at(None) == warm


def test_where_nobody_trains_the_final_weights_hold_everywhere():
    """The schedule was once read at step 0 while the part beside it paid its final weights."""
    schedule = {"em": lambda step: 0.2 if step < 30 else 0.5}
    both = Composite({"dag": "dag?judge=rule", "em": "em"}, schedule)
    for moved, semantic, em in ((both, 0.5, 0.5), (both.at(29), 0.2, 0.2), (both.at(30), 0.5, 0.5)):
        assert weights_of(moved) == {"dag": 1.0, "em": em}
        assert moved.parts["dag"] == "dag?judge=rule" or moved.parts["dag"].step == moved.step
        played = moved(PLANNED, answered("Tessa")).terms
        assert (played["dag/semantic"], played["em/outcome"]) == (semantic, em)
    assert Composite(both.parts, schedule, step=3)(PLANNED, answered("Tessa")).terms == (
        both.at(3)(PLANNED, answered("Tessa")).terms
    )


def test_a_schedule_that_does_not_settle_needs_its_last_step():
    def table(step):
        return [0.0, 0.5, 1.0][step]

    assert Composite({"f1": "f1"}, {"f1": table}, last_step=2).weight("f1") == 1.0
    assert Composite({"f1": "f1"}, {"f1": table}, step=1).weight("f1") == 0.5
    assert Composite({"f1": "f1"}, {"f1": lambda step: 1 / (1 + step)}).weight("f1") < 1e-8
    with pytest.raises(ConfigError, match=r"of part 'f1' does not settle: 1e\+08 .* last_step="):
        Composite({"f1": "f1"}, {"f1": lambda step: step / 10})
    with pytest.raises(ConfigError, match="last_step is -1; it must be a whole number"):
        Composite({"f1": "f1"}, {"f1": table}, last_step=-1)
    with pytest.raises(ConfigError, match=r"The training step is 1.5; it must be"):
        Composite({"f1": "f1"}, step=1.5)


def test_parts_may_be_named_and_nested():
    inner = Composite({"em": "em", "f1": "f1"}, {"em": 0.0})
    outer = Composite({"answer": inner, "waste": "repeat"})
    assert outer(QUESTION, DONE).terms == pytest.approx(
        {"answer/em/outcome": 0.0, "answer/f1/outcome": 2 / 3, "waste/repeat": 0.0}
    )
    assert hopgym.rewards.Composite is Composite


def test_what_is_charged_for_nothing_is_zero_and_not_minus_zero():
    charged = Composite({"em": "em"}, {"em": -1.0})(QUESTION, DONE)
    assert math.copysign(1.0, charged.terms["em/outcome"]) == 1.0


def test_reasons_are_told_with_their_parts():
    def why(reason):
        return lambda question, trajectory: Score(1.0, reason=reason)

    both = Composite({"a": why("right"), "b": why(None), "c": why("late")})
    assert both(QUESTION, DONE).reason == "a: right; c: late"
    assert Composite({"b": why(None)})(QUESTION, DONE).reason is None


def test_one_unscored_part_leaves_the_whole_unscored():
    away = Composite({"judge": lambda q, t: Score(0.0, reason="away", unscored=True)})
    score = away(QUESTION, DONE)
    assert score.unscored and score.reason == "judge: away"


def test_a_weight_needs_its_part():
    with pytest.raises(ConfigError, match="No part 'f2' to weigh; parts: f1"):
        Composite({"f1": make_reward("f1")}, {"f2": 1.0})


@pytest.mark.parametrize(
    ("parts", "weights", "message"),
    [
        ({}, {}, r"The parts of a Composite are \{\}; give one or more by name"),
        (["em"], {}, r"parts of a Composite are \['em'\]"),
        ({"em": 5}, {}, "Part 'em' of a Composite: 5 is no reward"),
        ({"em": "em?x=1"}, {}, "Part 'em' of a Composite: The reward 'em?.*' takes no options"),
        ({1: "em"}, {}, "A part of a Composite is named 1; its name must be a text"),
        ({"em": "em"}, {"em": "0.5"}, "The weight of part 'em' is '0.5'; it must be a finite numb"),
        ({"em": "em"}, {"em": None}, "The weight of part 'em' is None"),
        ({"em": "em"}, {"em": True}, "The weight of part 'em' is True"),
        ({"em": "em"}, {"em": math.nan}, "The weight of part 'em' is nan"),
        ({"em": "em"}, {"em": lambda step: "high"}, "of part 'em' is 'high' at step 1,000,000,000"),
        ({"em": "em"}, {"em": lambda step: None}, "The weight of part 'em' is None at step"),
        (
            {"em": "em"},
            {"em": lambda: 0.5},
            "weight of part 'em' at step .*raised TypeError: .*0 p",
        ),
        (
            {"em": "em"},
            {"em": lambda step: [1][step]},
            r"'em' at .*raised IndexError.*\(line \d+ of",
        ),
        ({"em": "em"}, 0.5, "The weights of a Composite are 0.5; give them by name of part"),
    ],
)
def test_what_is_no_composite_is_refused_when_it_is_made(parts, weights, message):
    with pytest.raises(ConfigError, match=message):
        Composite(parts, weights)


def test_a_name_that_no_reward_has_is_refused_with_the_nearest():
    with pytest.raises(
        UnknownNameError, match=r"Part 'a' of a Composite: Unknown reward 'emm'. Did"
    ):
        Composite({"a": "emm"})


def test_a_schedule_that_fails_later_fails_when_training_gets_there():
    early = Composite({"em": "em"}, {"em": lambda step: [0.1, 0.2][step]}, last_step=1)
    with pytest.raises(ConfigError, match=r"weight of part 'em' at step 2, .* raised IndexError"):
        early.at(2)


def test_a_part_that_returns_no_score_is_named():
    with pytest.raises(
        ConfigError, match="The part 'mine' of a Composite returned a float; return"
    ):
        Composite({"mine": lambda question, trajectory: 0.5})(QUESTION, DONE)
    with pytest.raises(RewardError, match="lambda> raised ZeroDivisionError"):
        Composite({"mine": lambda question, trajectory: 1 / 0})(QUESTION, DONE)


def test_a_batch_asks_each_part_once():
    class Judge:
        calls = 0

        def __call__(self, question, trajectory):
            return self.many([(question, trajectory)])[0]

        def many(self, items):
            self.calls += 1
            return [Score(1.0) for _ in items]

    judge = Judge()
    both = Composite({"judge": judge, "f1": make_reward("f1")}, {"judge": 0.5})
    scores = both.many([(QUESTION, DONE), (QUESTION, DONE)])
    assert (
        judge.calls == 1 and [score.terms for score in scores] == [both(QUESTION, DONE).terms] * 2
    )


def test_in_a_batch_only_the_episode_that_was_hit_is_unscored():
    def away(question, trajectory):
        if trajectory.prediction is None:
            raise RewardError("away")
        return Score(1.0)

    silent = episode(answer("x"), outcome="answered", prediction=None)
    first, second = Composite({"judge": away}).many([(QUESTION, DONE), (QUESTION, silent)])
    assert first.value == 1.0 and second.unscored and second.reason == "judge: away"


def test_parts_follow_the_schedule_too():
    class Scheduled:
        step = 0

        def __call__(self, question, trajectory):
            return Score(float(self.step))

        def at(self, step):
            moved = Scheduled()
            moved.step = step
            return moved

    assert Composite({"a": Scheduled()}).at(7)(QUESTION, DONE).value == 7.0
