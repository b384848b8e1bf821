import io
from pathlib import Path

import pytest
from rich.console import Console

from hopgym.agents.drag.presets import PRESETS
from hopgym.agents.drag.settings import DragSettings
from hopgym.agents.drag.train import train
from hopgym.benchmarks import drag_gain
from hopgym.benchmarks.drag_gain import (
    ABLATIONS,
    ARMS,
    JOINT,
    PRETRAINING,
    Plan,
    gain,
    judged,
    means,
    measure,
    tables,
)

SMALL = "world?entities=300&hops=2&train=16&dev=4&test=4"


def rows(*scores):
    return [
        {"f1_one_to_one": s, "hit_at_1_exact": s, "fact_recall": 1.0, "fact_f1": 0.5, "facts": 2.0}
        for s in scores
    ]


def text_of(table):
    console = Console(file=io.StringIO(), width=200)
    console.print(table)
    return console.file.getvalue()


def test_arms_with_the_same_phase_1_share_its_run(tmp_path):
    plan = Plan(tmp_path, Path("model"))
    joint, static = ARMS["joint"], ARMS["static cascade"]
    assert plan.first(joint, 1) == plan.first(static, 1) != plan.first(joint, 2)
    assert plan.first(joint, 1) != plan.first(ABLATIONS["no rank loss"], 1)
    folders = {plan.second(name, 0) for name in {**ARMS, **ABLATIONS}}
    assert len(folders) == len(ARMS) + len(ABLATIONS)


@pytest.mark.parametrize("name", [*ARMS, *ABLATIONS])
def test_every_command_is_one_that_there_is(tmp_path, name):
    from typer.testing import CliRunner

    from hopgym.__main__ import build_app

    plan = Plan(tmp_path, Path("model"))
    for command in plan.commands(name, {**ARMS, **ABLATIONS}[name], 0):
        told = CliRunner().invoke(build_app(), [*command, "--plan", "--generator_model", "absent"])
        assert "No such option" not in told.output and "may be" not in str(told.exception)
        assert "absent" in str(told.exception) or "absent" in told.output


def test_runs_are_made_once_and_judged_by_seed(tmp_path, monkeypatch):
    made = []

    def run(words, console):
        made.append(words)
        folder = Path(words[words.index("--checkpoint_dir") + 1])
        folder.mkdir()
        (folder / "hopgym.json").write_text("{}")

    monkeypatch.setattr(drag_gain, "run_hopgym", run)
    monkeypatch.setattr(drag_gain, "judged", lambda folder: rows(float(folder.name[-1])))
    plan = Plan(tmp_path, Path("model"))
    found = measure(plan, ARMS, 2, 1, None)
    assert len(made) == 2 + 3 * 2 and list(found) == list(ARMS)
    assert [part[0]["f1_one_to_one"] for part in found["joint"]] == [0.0, 1.0]
    assert measure(plan, ARMS, 2, 1, None) == found and len(made) == 8


def test_gains_are_paired_by_question():
    base, better = [rows(0.0, 1.0), rows(0.0, 0.0)], [rows(1.0, 1.0), rows(0.0, 1.0)]
    assert means(base, "f1_one_to_one").mean == 0.25
    assert gain(better, base, "f1_one_to_one").mean == 0.5
    main, by_seed = tables({"static cascade": base, "joint": better})
    assert "+50.0" in text_of(main) and "25.0" in text_of(main)
    assert "50.0" in text_of(by_seed) and "seed 1" in text_of(by_seed)


def test_a_trained_folder_is_judged_on_held_out_questions(tmp_path, monkeypatch):
    monkeypatch.setitem(PRESETS[JOINT], "questions", SMALL)
    settings = DragSettings.preset(
        PRETRAINING, questions=SMALL, epochs=1, hidden_dim=8, checkpoint_dir=str(tmp_path / "one")
    )
    train(settings)
    found = judged(tmp_path / "one")
    assert len(found) == 4 and all(0 <= row["fact_recall"] <= 1 for row in found)
    assert judged(tmp_path / "one") == found and (tmp_path / "one" / "test.json").is_file()
