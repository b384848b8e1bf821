import math
from pathlib import Path

import pytest
from redteaming import SEARCH, attacked

from hopgym.benchmarks.redteam import make_exploits
from hopgym.benchmarks.redteam.attack import attack
from hopgym.benchmarks.redteam.report import without_verdict
from hopgym.core import Score
from hopgym.errors import ConfigError, RewardError


def raising(question, trajectory):
    """Fails, whatever was played."""
    return Score(1 / 0)


def no_number(question, trajectory):
    """Pays what is no number."""
    return Score(math.nan, {"a": math.nan})


def untyped(question, trajectory):
    """Returns a plain number."""
    return 1.0


def not_adding(question, trajectory):
    """Has terms that are not its value."""
    return Score(1.0, {"a": 0.5})


def picky(question, trajectory):
    """Has no verdict on a refusal."""
    if "unknown" in (trajectory.prediction or ""):
        return Score(0.0, unscored=True, reason="the judge is down")
    return Score(float(trajectory.prediction in question.answers))


HERE = "test_campaign"


@pytest.mark.parametrize(
    ("reward", "error", "told"),
    [
        ("raising", RewardError, r"'raising' has no verdict on any of the 3 .*ZeroDivisionError"),
        ("no_number", RewardError, "no verdict on any.*nan, which is no finite number"),
        ("untyped", ConfigError, r"returned a float; return a Score\(value, terms\)"),
        ("not_adding", ConfigError, "do not add up"),
    ],
)
def test_a_reward_that_no_environment_would_take_is_no_all_clear(monkeypatch, reward, error, told):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    with pytest.raises(error, match=told):
        attacked(SEARCH, ["unknown"], [f"{HERE}:{reward}"], episodes=3)


def test_where_a_verdict_lacks_the_reason_is_told(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    report = attack([SEARCH], make_exploits(["unknown"]), [f"{HERE}:picky"], episodes=3)
    (cell,) = report.cells
    assert cell.verdict == "unscored" and "the judge is down" in cell.note
    (line,) = without_verdict(report)
    assert line.startswith(f"picky x {SEARCH}: no verdict on 1 exploits; unknown: ")
