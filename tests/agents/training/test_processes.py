from types import SimpleNamespace

import pytest

from hopgym.agents.training.processes import broadcast, first
from hopgym.errors import ConfigError


def trainer(rank=0):
    """The trainer of a process alone."""
    args = SimpleNamespace(world_size=1)
    return SimpleNamespace(args=args, is_world_process_zero=lambda: rank == 0)


def test_one_process_agrees_with_itself():
    assert broadcast(trainer(), {"em": 1}) == {"em": 1}


def test_the_first_makes_what_all_have():
    assert first(trainer(), lambda: 7) == 7
    assert first(trainer(rank=1), lambda: 7) is None  # what the first had came from nobody here


def test_what_the_first_could_not_do_no_other_can():
    def fails():
        raise ConfigError("The folder holds an earlier run.")

    with pytest.raises(ConfigError, match="holds an earlier run"):
        first(trainer(), fails)
