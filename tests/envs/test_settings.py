from dataclasses import dataclass

import pytest

from hopgym.envs.settings import Settings, at_least, settings_from
from hopgym.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Mine(Settings):
    depth: int = 2


def test_own_fields_join_the_shared_ones():
    settings = settings_from(Mine, {"depth": 3, "top_k": 7}, "me/Mine-v0")
    assert (settings.depth, settings.top_k, settings.max_steps) == (3, 7, 5)


def test_an_unknown_keyword_is_refused_with_all_that_exist():
    with pytest.raises(
        ConfigError,
        match=r"me/Mine-v0 has no keyword 'dept'. Did you mean 'depth'\? It takes: questions, split",
    ):
        settings_from(Mine, {"dept": 3}, "me/Mine-v0")


@pytest.mark.parametrize("value", [0, -1, True, 1.0, "3", None])
def test_only_whole_numbers_from_the_least_pass(value):
    with pytest.raises(ConfigError, match="must be a whole number from 1"):
        at_least("top_k", value, 1)
