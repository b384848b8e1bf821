import math

import pytest

from hopgym.agents.health.bounds import read_bounds
from hopgym.agents.health.settings import GuardSettings
from hopgym.errors import ConfigError


def test_bounds_are_numbers_of_their_kind():
    told = read_bounds(["window=5", "most_kl=4", "most_cut=inf", "outcomes=f1, reward"])
    assert told == GuardSettings(
        window=5, most_kl=4.0, most_cut=math.inf, outcomes=("f1", "reward")
    )
    assert type(told.window) is int and type(told.most_kl) is float


def test_what_is_told_wins_over_the_usual():
    assert read_bounds([], broken_updates=3) == GuardSettings(broken_updates=3)
    assert read_bounds(["broken_updates=2"], broken_updates=3).broken_updates == 2


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["most_kl"], "'most_kl': write a bound as name=value, such as most_kl=4"),
        (["outcomes="], "'outcomes=': write a bound"),
        (["mostkl=4"], r"no bound 'mostkl'\. Did you mean 'most_kl'\? It has window, "),
        (["window=5", "window=6"], "'window' is given twice"),
        (["window=5.5"], r"window is '5\.5'; give a whole number"),
        (["most_kl=much"], "most_kl is 'much'; give a number, or inf"),
        (["most_cut=2"], "most_cut is 2.0; give a number from 0 to 1"),
        (["most_kl=nan"], "most_kl is nan"),
    ],
)
def test_what_is_no_bound_is_refused(texts, message):
    with pytest.raises(ConfigError, match=message):
        read_bounds(texts)
