import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest
import typer
from rich.console import Console
from tiny_llms import needs_llms

from hopgym.benchmarks import gains, study
from hopgym.benchmarks.gains import Gain, Marks
from hopgym.benchmarks.study import DAG_SEARCH, SEARCH_READ, Study, errors_told, measure, report
from hopgym.errors import HopgymError

needs_llms()


@dataclass(frozen=True)
class Drill(Study):
    arms: ClassVar = {"drill": (), "no drill": ("--none",)}

    def train(self, arm: str, seed: int) -> list[str]:
        return ["train", "drill", str(self.run(arm, seed)), *self.arms[arm]]


def silent() -> Console:
    return Console(file=io.StringIO(), width=120)


@pytest.fixture
def ran(monkeypatch):
    """What would have been run: nothing is, and each model is right if it was drilled."""
    commands: list[Sequence[str]] = []
    monkeypatch.setattr(study, "run_hopgym", lambda words, console: commands.append(words))
    monkeypatch.setattr(gains, "two_hop_chains", lambda: ["a"])

    def marks(model, env_id, env_kwargs):
        assert (env_id, env_kwargs) == ("hopgym/DagSearch-v0", study_kwargs())
        right = float(model.name.startswith("drill"))
        return Marks({"a": right, "b": right}, {"a": right, "b": 0.0})

    monkeypatch.setattr(study, "marks", marks)
    return commands


def study_kwargs():
    return study.read_keywords(DAG_SEARCH.env_set, {})


def test_each_start_is_taught_in_the_environment_in_which_it_is_trained():
    for start in (SEARCH_READ, DAG_SEARCH):
        for _, (words, _) in Drill(Path("out"), "model", start).lessons():
            assert words[words.index("--env") + 1] == start.env_id
            given = [words[place + 1] for place, word in enumerate(words) if word == "--set"]
            assert tuple(given) == start.env_set


def test_each_lesson_begins_with_the_model_of_the_one_before():
    plan = Drill(Path("out"), "model", DAG_SEARCH)
    taught = [(folder, words) for folder, (_, words) in plan.lessons()]
    begun = [words[words.index("--model_name") + 1] for _, words in taught]
    left = [words[words.index("--output_dir") + 1] for _, words in taught]
    assert begun == ["model", *left[:-1]]
    assert left == [str(folder) for folder, _ in taught]
    assert left[-1] == str(plan.weak)


def test_the_weak_model_is_made_once_and_every_run_is_marked(ran, tmp_path):
    plan = Drill(tmp_path, "model", DAG_SEARCH)
    found = measure(plan, seeds=2, jobs=1, console=silent())
    lessons = [words for _, made in plan.lessons() for words in made]
    trained = [plan.train(arm, seed) for seed in range(2) for arm in plan.arms]
    assert ran == [*lessons, *trained]
    assert [(g.arm, g.seed, g.em.gain.mean) for g in found] == [
        ("drill", 0, 1.0), ("no drill", 0, 0.0), ("drill", 1, 1.0), ("no drill", 1, 0.0),
    ]  # fmt: skip


def test_models_that_are_there_are_not_taught_again(ran, tmp_path):
    plan = Drill(tmp_path, "model", DAG_SEARCH)
    for folder, _ in plan.lessons():
        folder.mkdir()
        (folder / "hopgym.json").write_text("{}")
    measure(plan, seeds=1, jobs=1, console=silent())
    assert ran == [plan.train(arm, 0) for arm in plan.arms]


def test_the_report_can_be_read_back(ran, tmp_path):
    plan = Drill(tmp_path, "model", DAG_SEARCH)
    console = silent()
    found = measure(plan, seeds=1, jobs=1, console=console)
    report(plan, found, console)
    assert msgspec.json.decode((tmp_path / "gains.json").read_bytes(), type=list[Gain]) == found
    assert "hopgym/DagSearch-v0: exact match" in console.file.getvalue()


def test_what_a_failed_command_said_is_told(capsys):
    with pytest.raises(HopgymError, match=r"(?s)hopgym train nothing failed.*nothing"):
        study.run_hopgym(["train", "nothing"], silent())
    with pytest.raises(typer.Exit), errors_told():
        raise HopgymError("It broke.")
    assert "It broke." in capsys.readouterr().err
