import math
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from hopgym.agents.health.settings import GuardSettings
from hopgym.errors import ConfigError


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"window": 1}, "window is 1; it must be a whole number from 2"),
        ({"window": 2.5}, "window is 2.5"),
        ({"warmup": -1}, "warmup is -1; it must be a whole number from 0"),
        ({"patience": 0}, "patience is 0; it must be a whole number from 1"),
        ({"broken_updates": True}, "broken_updates is True"),
        ({"most_kl": -1}, "most_kl is -1; give a number from 0, or inf for no bound"),
        ({"most_kl": math.nan}, "most_kl is nan"),
        ({"most_kl": "2"}, "most_kl is '2'"),
        ({"most_cut": 1.5}, "most_cut is 1.5; give a number from 0 to 1, or inf for no bound"),
        ({"entropy_share": 1.0}, "entropy_share is 1.0; give a number from 0 to 0.99"),
        ({"vanished_share": math.inf}, "vanished_share is inf; give a number from 0 to 0.99"),
        ({"sigmas": math.inf}, "sigmas is inf; give a number from 0, such as 6"),
        ({"outcomes": "em"}, "outcomes is 'em'; give names of figures, such as"),
        ({"outcomes": (1,)}, "outcomes is .1,.; give names"),
    ],
)
def test_what_is_not_allowed_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        GuardSettings(**changes)


@pytest.mark.parametrize("name", ["most_kl", "most_cut", "format_fall", "least_queries"])
def test_infinity_is_no_bound(name):
    assert getattr(GuardSettings(**{name: math.inf}), name) == math.inf


def test_it_is_frozen_and_each_field_says_what_it_is():
    with pytest.raises(FrozenInstanceError):
        GuardSettings().window = 3
    assert all("Annotated" in str(each.type) for each in fields(GuardSettings))


def test_the_page_tells_every_default():
    page = (Path(__file__).parents[3] / "docs/health.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|")]
    for each in fields(GuardSettings):
        if each.name == "outcomes":
            continue
        told = [row for row in rows if f"`{each.name}`" in row]
        assert any(row.endswith(f"| {each.default} |") for row in told), each.name
