import json
import math
from itertools import islice

import numpy as np
import pytest
from health_runs import collapsing, first_alarm, healthy

from hopgym.agents.health.guard import Guard, GuardSettings
from hopgym.errors import ConfigError, DataError

AT = 60
"""The update from which on a made-up run collapses."""

COLLAPSES = {
    "kl": ({"kl": 8.0}, 6),
    "degenerate": ({"degenerate_rate": 0.9}, 6),
    "entropy_exploded": ({"entropy": 6.0}, 7),
    "entropy_collapsed": ({"entropy": 0.0}, 13),
    "likelihood": ({"better_logprob": -4.0}, 8),
    "format": ({"format_rate": 0.3}, 8),
    "length": ({"cut_rate": 0.9}, 9),
    "search_avoidance": ({"queries_per_episode": 0.0, "no_search_share": 1.0}, 13),
    "answer_avoidance": ({"answered_share": 0.0}, 13),
    "clipping": ({"clip_fraction": 0.9}, 9),
    "outcome": ({"em": 0.0}, 10),
}
"""What happens, and within how many updates it must be seen."""


@pytest.mark.parametrize("episodes", [32, 64])
def test_a_healthy_noisy_run_raises_no_alarm(episodes):
    runs = [healthy(seed, episodes=episodes) for seed in range(100 if episodes == 64 else 30)]
    assert [alarm for run in runs if (alarm := first_alarm(Guard(), run))] == []


@pytest.mark.parametrize("level", [0.05, 0.5])
def test_a_run_that_learns_nothing_raises_no_alarm(level):
    runs = [healthy(seed, updates=200, start=level, end=level) for seed in range(30)]
    assert [alarm for run in runs if (alarm := first_alarm(Guard(), run))] == []


@pytest.mark.parametrize("kind", COLLAPSES)
def test_each_collapse_is_seen_in_time(kind):
    changes, within = COLLAPSES[kind]
    for seed in range(10):
        alarm = first_alarm(Guard(), collapsing(seed, AT, **changes))
        assert alarm is not None and alarm.kind == kind
        assert AT <= alarm.since <= alarm.update < AT + within
        assert alarm.update - alarm.since == GuardSettings().patience - 1


def test_one_bad_batch_is_no_collapse():
    bad = {"em": 0.1, "format_rate": 0.4, "queries_per_episode": 0.0, "kl": 3.0}
    for seed in range(10):
        run = [
            {**figures, **bad} if number == AT else figures
            for number, figures in enumerate(healthy(seed), 1)
        ]
        assert first_alarm(Guard(), run) is None


def test_a_slow_decline_is_seen():
    run = [{"em": 0.8 * (1 - number / 200)} for number in range(200)]
    alarm = first_alarm(Guard(), run)
    assert alarm.kind == "outcome" and alarm.figure == "em" and alarm.update < 115


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e31])
@pytest.mark.parametrize("name", ["loss", "grad_norm", "kl", "value_error", "reward"])
def test_a_broken_number_is_told_at_once(name, number):
    alarm = Guard().check({"loss": 0.1, name: number})
    assert (alarm.kind, alarm.figure, alarm.update) == ("not_finite", name, 1)
    assert f"{name} is {number:.4g}, since update 1. " in str(alarm)


def test_skipped_steps_of_half_precision_may_be_let_pass():
    guard = Guard(GuardSettings(broken_updates=3))
    told = [guard.check({"grad_norm": norm}) for norm in (math.inf, math.inf, 1.0, *[math.inf] * 3)]
    assert told[:5] == [None] * 5 and told[5].since == 4


def test_broken_numbers_leave_no_trace():
    guard = Guard(GuardSettings(broken_updates=99))
    for figures in islice(healthy(0), 30):
        guard.check(figures)
    before = guard.state()["courses"]
    guard.check(dict.fromkeys(before, math.nan))
    assert guard.state()["courses"] == before


def test_the_warm_up_forgives_all_but_broken_numbers():
    guard = Guard(GuardSettings(warmup=5, patience=1))
    told = [guard.check({"kl": 50.0}) for _ in range(6)]
    assert told[:5] == [None] * 5 and told[5].kind == "kl"


def test_figures_may_be_missing_and_others_are_passed_by():
    guard = Guard(GuardSettings(warmup=0, patience=2))
    run = [{"kl": 9.0}, {}, {"mine": math.nan, "notes": "text"}, {"kl": 9.0}]
    assert [alarm and alarm.since for alarm in map(guard.check, run)] == [None, None, None, 1]


def test_the_first_of_several_reasons_is_told():
    everything = {
        name: value for changes, _ in COLLAPSES.values() for name, value in changes.items()
    }
    assert first_alarm(Guard(), collapsing(0, AT, **everything)).kind in ("degenerate", "kl")


def test_an_alarm_stays_until_the_figure_is_back():
    guard = Guard(GuardSettings(warmup=0, window=2, patience=1))
    levels = [guard.check({"kl": kl}) is not None for kl in (9.0, 9.0, 0.1, 0.1)]
    assert levels == [True, True, True, False]


def test_new_conditions_begin_anew():
    run = list(islice(healthy(0), 60))
    harder = [{**figures, "em": 0.05, "reward": -1.0} for figures in healthy(1, updates=40)]
    assert first_alarm(Guard(), [*run, *harder]).kind == "outcome"
    guard = Guard()
    assert first_alarm(guard, run) is None
    guard.begin_again()
    assert first_alarm(guard, harder) is None
    assert guard.state()["updates"] == 100


@pytest.mark.parametrize("cut", [1, 9, 63])
def test_a_resumed_run_equals_an_uninterrupted_one(cut):
    run = list(islice(collapsing(0, AT, kl=8.0, loss=1e-30), 80))
    whole = Guard()
    expected = [whole.check(figures) for figures in run]
    first, second = Guard(), Guard()
    told = [first.check(figures) for figures in run[:cut]]
    second.restore(json.loads(json.dumps(first.state(), allow_nan=False)))
    told += [second.check(figures) for figures in run[cut:]]
    assert told == expected and any(told)
    assert second.state() == whole.state()


def test_a_state_is_a_copy():
    guard = Guard()
    guard.check({"kl": 1.0})
    state = guard.state()
    guard.check({"kl": 2.0})
    assert state["courses"]["kl"]["recent"] == [1.0]
    guard.restore(state)
    guard.check({"kl": 3.0})
    assert state["courses"]["kl"]["recent"] == [1.0]


@pytest.mark.parametrize("state", [{"updates": "many"}, {"courses": {"kl": 3}}, [1], None, 3])
def test_what_is_no_state_is_refused(state):
    guard = Guard()
    guard.check({"kl": 1.0})
    before = guard.state()
    with pytest.raises(DataError, match=r"no state of a guard: .* Give what Guard.state"):
        guard.restore(state)
    assert guard.state() == before


@pytest.mark.parametrize("value", ["high", None, [1.0]])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ConfigError, match=r"The figure 'kl' is .*, which is no number"):
        Guard().check({"kl": value})


def test_numbers_of_any_kind_will_do():
    guard = Guard()
    guard.check({"kl": np.float32(0.5), "loss": np.array(2.0), "em": 1})
    assert guard.state()["courses"]["kl"]["recent"] == [0.5]
    json.dumps(guard.state())
