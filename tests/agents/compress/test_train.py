import json

import pytest
import torch
from compress_runs import settings
from drag_runs import generators
from rich.console import Console
from slow_but import slow_but

from hopgym.agents.compress.saving import load_compressor
from hopgym.agents.compress.train import Means, Run, train
from hopgym.agents.training.display import Display
from hopgym.errors import ConfigError, DataError


def weights(folder):
    return load_compressor(folder, "cpu").state_dict()


def test_all_stages_leave_a_folder_that_plays(tmp_path):
    before = generators()
    with Display(Console(quiet=True)) as display:
        told = train(settings(tmp_path), display)
    assert generators() == before
    assert (told.folder, told.steps) == (tmp_path / "out", 10)
    lines = list(map(json.loads, (told.folder / "journal.jsonl").read_text().splitlines()))
    stages = [next(n for n in line if n.endswith("_loss")).removesuffix("_loss") for line in lines]
    assert [line["step"] for line in lines] == [2, 4, 6, 7, 9, 10]
    assert list(dict.fromkeys(stages)) == ["reconstruction", "paragraph", "answer", "policy"]
    assert [mark.step for mark in told.marks] == [6, 7, 9, 10] and "f1" in told.marks[0].metrics
    made = json.loads((told.folder / "hopgym.json").read_text())
    assert made["kind"] == "compress" and made["made"]["step"] == told.best.step
    assert not list(told.folder.glob("best*"))


@pytest.mark.parametrize("killed_at", slow_but(6, [1, 4, 6, 9]))
def test_a_killed_run_goes_on_as_the_run_that_was_not(tmp_path, monkeypatch, killed_at):
    whole = settings(tmp_path, output_dir=str(tmp_path / "whole"))
    train(whole)
    given = settings(tmp_path, output_dir=str(tmp_path / "parts"), resume=True)
    save = Run._save

    def killed(run, stage, step):
        save(run, stage, step)
        if step >= killed_at:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "_save", killed)
        with pytest.raises(KeyboardInterrupt):
            train(given)
    train(given)
    left, right = weights(tmp_path / "parts"), weights(tmp_path / "whole")
    assert all(torch.equal(left[name], right[name]) for name in right)
    for name in ("journal.jsonl", "marks.jsonl"):
        assert (tmp_path / "parts" / name).read_text() == (tmp_path / "whole" / name).read_text()


def test_what_does_not_fit_is_refused_before_anything_is_trained(tmp_path):
    with pytest.raises(DataError, match=r"also stand in .* which is trained on"):
        train(settings(tmp_path, eval_split="train"))
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "a", "question": "Who?", "answer": "Ada"}\n')
    with pytest.raises(ConfigError, match="brings no documents"):
        train(settings(tmp_path, questions=str(file), eval_questions="none"))
    with pytest.raises(ConfigError, match="Give fewer --max_chunks or --ahead"):
        train(settings(tmp_path, max_chunks=9999))
    train(settings(tmp_path, eval_questions="none", policy_steps=0))
    with pytest.raises(ConfigError, match="holds an earlier run"):
        train(settings(tmp_path))
    with pytest.raises(ConfigError, match="trained under other conditions"):
        train(settings(tmp_path, k=5, resume=True))


def test_means_are_of_what_was_added_since():
    means = Means()
    means.add({"loss": 1.0})
    means.add({"loss": 3.0})
    assert means.take() == {"loss": 2.0} and means.take() == {}
