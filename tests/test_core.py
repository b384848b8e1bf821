import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.core import (
    Document,
    Fact,
    Hit,
    Hop,
    Question,
    Score,
    Span,
    Step,
    Trajectory,
    from_json,
    to_json,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_a_question_survives_json():
    question = Question(
        "q", "Who?", ("Ada", "A."), "chain",
        hops=(Hop("Who?", "Ada", ("d",), (), "News"),),
        document_ids=("d",),
        facts=(Fact("a", "r", "b"),),
        gold_facts=(0,),
        metadata={"hops": 1, "nested": {"x": [1, None]}},
    )  # fmt: skip
    assert from_json(to_json(question), Question) == question


@given(TEXT, TEXT, st.floats(allow_nan=False, allow_infinity=False))
def test_a_trajectory_survives_json(action, observation, value):
    step = Step(
        1, action, {"kind": "query", "text": action}, observation, (action,),
        (Hit("d", value, 0, False),), {"format": value}, None,
    )  # fmt: skip
    trajectory = Trajectory(
        "q", "e", 3, (step,), action, (Span(0, 4, "agent"),), action, "answered"
    )
    assert from_json(to_json(trajectory), Trajectory) == trajectory


def test_a_wrong_field_is_named():
    with pytest.raises(msgspec.ValidationError, match=r"Expected `str`, got `int` - at `\$.title`"):
        from_json('{"id": "d", "title": 3, "text": "x"}', Document)


def test_records_are_frozen_and_print_briefly():
    score = Score(1.0, {"outcome": 1.0})
    with pytest.raises(AttributeError):
        score.value = 2.0
    assert (
        str(Trajectory("q", "e", prediction="Ada"))
        == "Trajectory('q', 0 steps, running, prediction='Ada')"
    )
