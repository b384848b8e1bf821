from dataclasses import replace
from types import SimpleNamespace

import gymnasium
import pytest

from hopgym.benchmarks.fuzz.invariants import check_opening, check_return, check_step
from hopgym.benchmarks.fuzz.runner import Fault
from hopgym.core import Span

ANSWER = "Step 1:\nThe problem analysis: I know.\nThe final answer: Ada"


@pytest.fixture(scope="module")
def played():
    env = gymnasium.make("hopgym/SearchRead-v0")
    before, _ = env.reset(seed=0)
    return env, before, env.step(ANSWER)


def broken(played, **changes):
    """Check the step with one part of its result replaced; a callable changes the info."""
    env, before, result = played
    parts = dict(
        zip(("observation", "reward", "terminated", "truncated", "info"), result, strict=False)
    )
    parts["info"] = {**parts["info"], **changes.pop("into", {})}
    check_step(env, before, tuple({**parts, **changes}.values()), [ANSWER])


def test_a_sound_step_passes(played):
    broken(played)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"observation": 7}, "not in its space"),
        ({"reward": float("nan")}, "no finite float"),
        ({"reward": 99.0}, "do not add up"),
        ({"truncated": True}, "terminated and truncated at once"),
        ({"terminated": False}, "stand in an info before the end"),
        ({"observation": "x"}, "does not begin with what it was"),
        ({"into": {"parse_error": "odd"}}, "no known parse error"),
        ({"into": {"new_text": "never said"}}, "new_text is not"),
        ({"into": {"metrics": {"em": float("inf")}}}, "no finite numbers"),
    ],
)
def test_what_does_not_hold_is_told(played, changes, words):
    with pytest.raises(Fault, match=words):
        broken(played, **changes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: replace(t, transcript=t.transcript + "x"), "not the last observation"),
        (lambda t: replace(t, spans=t.spans[1:]), "gap or overlap"),
        (lambda t: replace(t, spans=t.spans[:-1]), "the spans end at"),
        (
            lambda t: replace(t, spans=(Span(0, len(t.transcript), "agent"),)),
            "the agent's span is",
        ),
    ],
)
def test_a_transcript_that_tells_another_story_is_told(played, change, words):
    trajectory = change(played[2][4]["trajectory"])
    with pytest.raises(Fault, match=words):
        broken(played, into={"trajectory": trajectory})


def test_openings_and_returns(played):
    env = played[0]
    with pytest.raises(Fault, match="answers stand in an info before the end"):
        check_opening(env, "Who?", {"answers": ("Ada",)})
    bounded = SimpleNamespace(unwrapped=SimpleNamespace(reward_range=(0.0, 1.0)))
    check_return(bounded, 1.0, 3)
    with pytest.raises(Fault, match=r"earned 2.0, outside of 0.0 to 1.0"):
        check_return(bounded, 2.0, 3)
