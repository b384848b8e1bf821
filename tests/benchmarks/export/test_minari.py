from dataclasses import replace

import gymnasium
import numpy as np
import pytest

from hopgym.benchmarks.export.minari import export_minari, stacked
from hopgym.errors import ConfigError, DataError

minari = pytest.importorskip("minari")


@pytest.mark.parametrize("begins", ["steps--oracle", "steps--random", "once--oracle"])
def test_minari_reads_the_same_episodes(array_results, records_of, tmp_path, monkeypatch, begins):
    records = records_of(array_results, begins)
    assert export_minari(records, tmp_path / "it-v0") == len(records) == 6
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    read = minari.load_dataset("it-v0")
    assert (read.total_episodes, read.total_steps) == (6, sum(r.steps for r in records))
    for episode, record in zip(read, records, strict=True):
        assert sum(episode.rewards.tolist()) == record.reward
        actions = [step.action for step in record.trajectory.steps]
        chosen = episode.actions.tolist()
        if begins.startswith("once"):  # recorded by the numbers of the facts
            chosen = [np.flatnonzero(row).tolist() for row in chosen]
        assert chosen == actions
        assert {len(part) for part in episode.observations.values()} == {len(actions) + 1}
        assert (episode.terminations | episode.truncations).tolist() == [
            *[False] * (len(actions) - 1),
            True,
        ]
    env = read.recover_environment()
    (told,) = read.storage.get_episode_metadata([3])
    first, _ = env.reset(seed=told["seed"], options=told["options"])
    held = read[3].observations
    assert all(np.array_equal(first[name], part[0]) for name, part in held.items())


def test_the_same_results_give_the_same_bytes(array_results, records_of, tmp_path):
    records = records_of(array_results, "steps--oracle")
    folders = [tmp_path / "a" / "it-v0", tmp_path / "b" / "it-v0"]
    for folder in folders:
        export_minari(records, folder)
    one, other = ({p.relative_to(f): p.read_bytes() for p in f.rglob("*.*")} for f in folders)
    assert one == other and len(one) == 13


def test_what_cannot_be_leaves_nothing(array_results, text_results, records_of, tmp_path):
    records = records_of(array_results, "steps--oracle")
    with pytest.raises(DataError, match=r"was paid 7\.0"):
        export_minari([*records[:2], replace(records[2], reward=7.0)], tmp_path / "it-v0")
    with pytest.raises(ConfigError, match=r"no place for the observations of SearchReadEnv"):
        export_minari(records_of(text_results, "read--oracle"), tmp_path / "it-v0")
    both = [*records, *records_of(array_results, "steps--random")]
    with pytest.raises(ConfigError, match=r"of one agent .*agent: 'random', not 'oracle'"):
        export_minari(both, tmp_path / "it-v0")
    with pytest.raises(ConfigError, match=r"a folder's name such as oracle-v0"):
        export_minari(records, tmp_path / "no version")
    failed = replace(records[0], error="x", trajectory=None)
    with pytest.raises(DataError, match="no episode that was played without an error"):
        export_minari([failed], tmp_path / "it-v0")
    assert not list(tmp_path.iterdir())
    (tmp_path / "it-v0").mkdir()
    with pytest.raises(ConfigError, match="is there already"):
        export_minari(records, tmp_path / "it-v0")


def test_values_of_nested_spaces_are_stacked():
    part = gymnasium.spaces.Discrete(3)
    space = gymnasium.spaces.Tuple([part, gymnasium.spaces.Dict(a=part)])
    first, second = stacked(space, [(0, {"a": 1}), (2, {"a": 0})])
    assert first.tolist() == [0, 2] and second["a"].tolist() == [1, 0]
