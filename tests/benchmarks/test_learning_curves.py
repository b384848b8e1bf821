import json
from xml.etree import ElementTree

import pytest

from hopgym.benchmarks.learning_curves import curves_svg, main, read_arms
from hopgym.errors import ConfigError, DataError

pytest.importorskip("matplotlib")


def run_at(folder, *scores, clock="step"):
    folder.mkdir(parents=True)
    lines = [json.dumps({clock: 10 * n, "score": score}) for n, score in enumerate(scores)]
    (folder / "marks.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def said(svg):
    tree = ElementTree.fromstring(svg)
    return [part.text for part in tree.iter("{http://www.w3.org/2000/svg}text")]


def test_seeds_of_an_arm_are_drawn_as_one(tmp_path):
    for name, scores in {"new-0": (0.1, 0.5), "new-1": (0.3, 0.9), "old-0": (0.1, 0.2)}.items():
        run_at(tmp_path / name, *scores)
    arms, clock = read_arms([tmp_path])
    assert clock == "step" and {arm: len(runs) for arm, runs in arms.items()} == {
        "new": 2,
        "old": 1,
    }
    shown = said(curves_svg(arms, clock, target=0.95))
    assert {"new (2 seeds)", "old", "target", "steps", "score"} <= set(shown)


def test_runs_of_one_name_in_two_folders_are_two_arms(tmp_path):
    for name in ("a/new-0", "a/new-1", "b/new-0"):
        run_at(tmp_path / name, 0.1, 0.2)
    arms, _ = read_arms([tmp_path])
    assert {arm: len(runs) for arm, runs in arms.items()} == {"a/new": 2, "b/new": 1}


def test_one_and_the_same_run_gives_the_same_bytes(tmp_path):
    run_at(tmp_path / "a", 0.1, 0.2)
    for place in ("one.svg", "two.svg"):
        main([tmp_path / "a"], svg=tmp_path / place)
    one = (tmp_path / "one.svg").read_bytes()
    assert one == (tmp_path / "two.svg").read_bytes() and b"prefers-color-scheme:dark" in one


def test_what_cannot_be_drawn_is_said(tmp_path):
    with pytest.raises(DataError, match="No training run"):
        read_arms([tmp_path])
    run_at(tmp_path / "a", 0.1)
    with pytest.raises(ConfigError, match=r"No run has the figure 'em'\. There are: score"):
        read_arms([tmp_path], "em")
    run_at(tmp_path / "b", 0.1, clock="update")
    with pytest.raises(ConfigError, match="count by step and by update"):
        read_arms([tmp_path])
