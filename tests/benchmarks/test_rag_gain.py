import gzip
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from hopgym.agents.rag.settings import RagSettings
from hopgym.agents.rag.train import train
from hopgym.benchmarks import rag_gain
from hopgym.benchmarks.rag_gain import ARMS, WORLD, Plan, gain, measure, squad_task, table
from hopgym.errors import ConfigError

SMALL = "world?entities=300&hops=1&train=16&dev=4&test=4"


def rows(*scores):
    return [{"f1": s, "em": s, "recall@5": 1.0} for s in scores]


def squad_file(folder):
    said = "The director of the film Vel was Ada Orm of Tessa."
    paragraph = {"context": said, "qas": [{"id": "q", "question": "Who?", "answers": ["Ada Orm"]}]}
    articles = [
        {"title": f"T{n}", "paragraphs": [{**paragraph, "context": f"{n} {said}", "qas": [
            {"id": f"q{n}", "question": f"Who made {n}?", "answers": ["Ada Orm"]}]}]}
        for n in range(10)
    ]  # fmt: skip
    path = folder / "squad.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"data": articles}).encode()))
    return path


def test_every_command_is_one_that_there_is(tmp_path):
    from typer.testing import CliRunner

    from hopgym.__main__ import build_app

    squad = Plan(tmp_path, squad_task(squad_file(tmp_path)))
    commands = [Plan(tmp_path, WORLD).command(arm, 0) for arm in ARMS]
    commands += [
        *(squad.command(arm, 0) for arm in ARMS),
        *(command for _, command in squad.reading()),
    ]
    for command in commands:
        told = CliRunner().invoke(build_app(), [*command, "--variant", "none"])
        assert "variant is 'none'" in str(told.exception) + told.output


def test_the_reader_is_taught_by_training_articles_alone(tmp_path):
    plan = Plan(tmp_path, squad_task(squad_file(tmp_path)))
    folders = [folder for folder, _ in plan.reading()]
    assert folders[-1] == plan.reader
    from hopgym.envs.datasets import make_questions

    taught = {q.id for q in make_questions(plan.task.questions).questions("train")}
    lines = (tmp_path / "squad-cloze-1" / "documents.jsonl").read_text().splitlines()
    assert len(lines) == len(taught) == 7
    assert plan.command("joint", 0)[-2:] != plan.command("frozen", 0)[-2:]
    assert str(plan.reader / "generator") in plan.command("joint", 0)


def test_runs_are_made_once_and_judged_by_seed(tmp_path, monkeypatch):
    made = []

    def run(words, console):
        made.append(words)
        folder = Path(words[words.index("--output_dir") + 1])
        folder.mkdir()
        (folder / "hopgym.json").write_text("{}")

    monkeypatch.setattr(rag_gain, "run_hopgym", run)
    monkeypatch.setattr(
        rag_gain, "judge_each", lambda folder, task, split: rows(float(folder.name[-1]))
    )
    plan = Plan(tmp_path, WORLD)
    found = measure(plan, 2, 1, None)
    assert len(made) == 4 and list(found) == list(ARMS)
    assert [part[0]["f1"] for part in found["joint"]] == [0.0, 1.0]
    assert measure(plan, 2, 1, None) == found and len(made) == 4


def test_gains_are_paired_by_question():
    frozen, joint = [rows(0.0, 1.0), rows(0.0, 0.0)], [rows(1.0, 1.0), rows(0.0, 1.0)]
    assert gain(joint, frozen, "f1").mean == 0.5
    console = Console(file=io.StringIO(), width=200)
    console.print(table("world", {"frozen": frozen, "joint": joint}))
    told = console.file.getvalue()
    assert "50.0" in told and "gain" in told and "100.0" in told


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match="is no file; give --squad"):
        squad_task(tmp_path / "absent.json")


def test_a_trained_folder_is_judged_on_held_out_questions(tmp_path):
    task = WORLD._replace(questions=SMALL)
    folder = Plan(tmp_path, task).run("joint", 0)
    train(RagSettings.preset("tiny-cpu", dataset_name=SMALL, num_epochs=1, output_dir=str(folder)))
    found = Plan(tmp_path, task).judged("joint", 0)
    assert len(found) == 4 and all(0 <= row["recall@5"] <= 1 for row in found)
    assert Plan(tmp_path, task).judged("joint", 0) == found and (folder / "test.json").is_file()
