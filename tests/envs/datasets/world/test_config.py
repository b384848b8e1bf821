from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from hopgym.envs.datasets.world.config import FEWEST_HOPS, KINDS, SPLITS, WorldConfig
from hopgym.errors import ConfigError


@pytest.mark.parametrize(
    ("given", "expected"),
    [(3, (3, 3)), ("3", (3, 3)), ("2-4", (2, 4)), ((2, 4), (2, 4)), ([2, 4], (2, 4))],
)
def test_hops_come_in_several_forms(given, expected):
    assert WorldConfig(hops=given).hops == expected


def test_kinds_come_as_text_or_tuple_and_take_one_order():
    assert WorldConfig(kinds="mixed,chain").kinds == ("chain", "mixed")
    assert WorldConfig(kinds=("mixed", "chain", "mixed")) == WorldConfig(kinds="chain,mixed")


def test_numbers_come_as_text():
    config = WorldConfig(entities="60", missing="0.25", seed=np.int64(4))
    assert (config.entities, config.missing, config.seed) == (60, 0.25, 4)


def test_the_slots_are_every_kind_that_a_number_of_hops_allows():
    slots = WorldConfig().slots
    expected = {(k, h) for k in KINDS for h in range(1, 7) if h >= FEWEST_HOPS[k]}
    assert set(slots) == expected and len(slots) == len(expected)
    assert WorldConfig(hops=2).slots == [("chain", 2), ("intersection", 2), ("comparison", 2)]


def test_sizes_go_by_split():
    config = WorldConfig(train=3, dev=2, test=1)
    assert [config.size(split) for split in SPLITS] == [3, 2, 1]


@pytest.mark.parametrize(
    ("dial", "value", "allowed"),
    [
        ("entities", 39, "entities is 39; it must be a whole number from 40"),
        ("entities", "many", "entities is 'many'; it must be a whole number"),
        ("entities", 100.0, "entities is 100.0; it must be a whole number"),
        ("entities", float("inf"), "entities is inf; it must be a whole number"),
        ("seed", -1, "seed is -1; it must be a whole number from 0"),
        ("dev", True, "dev is True; it must be a whole number"),
        ("train", None, "train is None; it must be a whole number"),
        ("distractors", 11, "distractors is 11; it must be a number from 0 to 10"),
        ("paraphrase", 1.1, "paraphrase is 1.1; it must be a number from 0 to 1"),
        ("missing", -0.1, "missing is -0.1; it must be a number from 0 to 1"),
        ("missing", float("nan"), "missing is nan; it must be a number from 0 to 1"),
        ("paraphrase", "often", "paraphrase is 'often'; it must be a number"),
        ("hops", 0, "hops is 0; it must be from 1 to 6, such as 3, '2-4'"),
        ("hops", "4-2", "hops is '4-2'; it must be from 1 to 6"),
        ("hops", (2, 7), r"hops is \(2, 7\); it must be from 1 to 6"),
        ("hops", (1, 2, 3), r"hops is \(1, 2, 3\); it must be from 1 to 6"),
        ("hops", (), r"hops is \(\); it must be from 1 to 6"),
        ("hops", "", "hops is ''; it must be from 1 to 6"),
        ("hops", 2.5, "hops is 2.5; it must be from 1 to 6"),
        ("hops", (1.5, 3), r"hops is \(1.5, 3\); it must be from 1 to 6"),
        ("hops", None, "hops is None; it must be from 1 to 6"),
        ("hops", True, "hops is True; it must be from 1 to 6"),
        ("kinds", "chian", "kinds is 'chian'; it may be some of: chain, intersection"),
        ("kinds", (), r"kinds is \(\); it may be some of"),
        ("kinds", 5, "kinds is 5; it may be some of"),
    ],
)
def test_impossible_values_are_refused(dial, value, allowed):
    with pytest.raises(ConfigError, match=allowed):
        WorldConfig(**{dial: value})


def test_kinds_and_hops_must_go_together():
    with pytest.raises(ConfigError, match=r"No kind in mixed has 1 to 2 hops\. .*mixed 3"):
        WorldConfig(kinds="mixed", hops="1-2")


def test_a_config_does_not_change():
    with pytest.raises(FrozenInstanceError):
        WorldConfig().seed = 1
