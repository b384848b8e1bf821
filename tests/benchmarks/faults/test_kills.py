import re

import pytest
from killable import counter

from hopgym.benchmarks.faults import kill
from hopgym.errors import ConfigError


def test_a_sound_command_loses_nothing(tmp_path):
    told = []
    outcome = kill(counter(), tmp_path, kills=20, tell=told.append)
    assert outcome.problems == [] and len(outcome.kills) == 20
    assert outcome.hits("start") < 20, "no kill has hit the work"
    assert outcome.files == 2 and outcome.runs >= 2, "ten kills a run at most"
    assert max(one.at for one in outcome.kills) <= 2 * outcome.seconds
    assert told[0] == "none: undisturbed" and "none: 19 of 20 kills" in " ".join(told)


def test_the_moments_are_drawn_from_the_seed(tmp_path):
    (first,), (second,), (other,) = (
        kill(counter(), tmp_path / f"{n}", kills=1, seed=seed).kills
        for n, seed in enumerate((1, 1, 2))
    )
    assert first.moment == second.moment != other.moment


@pytest.mark.parametrize(
    "fault, found",
    [
        ("forgetful", "model.json differs"),
        ("stubborn", "ended with status 1: .*there is nothing to resume"),
        ("rubbish", r"\.state\.json\.\d+ is too much"),
        ("torn", "ended with status 1: .*JSONDecodeError"),
    ],
)
def test_what_a_kill_breaks_is_found(tmp_path, fault, found):
    outcome = kill(counter(fault), tmp_path, kills=20, aim=0.8)
    assert re.search(found, "\n".join(outcome.problems)), outcome.problems


def test_a_command_that_never_agrees_with_itself_is_told_apart(tmp_path):
    outcome = kill(counter("dice"), tmp_path, kills=1)
    assert outcome.problems[0].endswith("model.json differs")
    assert "two undisturbed runs differ as well (model.json differs)" in outcome.problems[-1]


def test_aimed_kills_strike_where_something_is_written(tmp_path):
    outcome = kill(counter(), tmp_path, kills=6, aim=1.0)
    assert outcome.problems == [] and outcome.hits("start") == 0


def test_a_command_that_fails_undisturbed_is_refused(tmp_path):
    broken = counter(command=("sh", "-c", "echo no space >&2; exit 3 # {out}"))
    with pytest.raises(
        ConfigError, match=r"undisturbed, the command ended with status 3: no space"
    ):
        kill(broken, tmp_path)


def test_a_command_that_leaves_nothing_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"left no file to compare.*Does \{out\} stand"):
        kill(counter(command=("true", "{out}")), tmp_path)
