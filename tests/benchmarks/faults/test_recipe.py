import sys
from pathlib import Path

import pytest

from hopgym.agents.tiny.policy import CHECKPOINT
from hopgym.benchmarks.faults import Recipe
from hopgym.errors import ConfigError


def recipe(*words, **more):
    return Recipe(name="mine", summary="", command=words, **more)


def test_places_are_filled_in():
    one = recipe("train.sh", "--to={out}/a", "{given}", "{model}", resume=("--go-on",))
    given = Path("/o"), Path("/g")
    assert one.words(*given, resumed=False) == ["train.sh", "--to=/o/a", "/g", str(CHECKPOINT)]
    assert one.words(*given, resumed=True)[-1] == "--go-on"


def test_our_command_is_this_installations():
    words = recipe("hopgym", "bench", "--out", "{out}").words(Path("/o"), Path("/g"), resumed=True)
    assert words == [sys.executable, "-m", "hopgym", "bench", "--out", "/o"]


def test_a_command_without_a_folder_of_its_own_is_refused():
    with pytest.raises(ConfigError, match=r"'hopgym bench' has no \{out\}: write it where"):
        recipe("hopgym", "bench")
