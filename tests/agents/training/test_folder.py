import json
import os
import tempfile
from pathlib import Path

import pytest

from hopgym.agents.training.folder import RunFolder
from hopgym.agents.training.listeners import COMPLETE
from hopgym.errors import ConfigError

CONDITIONS = {"lr": 1e-4, "data": "abc", "data_path": ("a",)}


def checkpoint(folder, step, whole=True):
    place = folder.checkpoint(step)
    place.mkdir(parents=True)
    (place / "weights").write_text(str(step))
    if whole:
        (place / COMPLETE).touch()


def test_a_new_run_begins_at_the_beginning(tmp_path):
    folder = RunFolder(tmp_path / "out")
    folder.check_free(resume=False)
    assert folder.begin(CONDITIONS, resume=False) == 0
    assert json.loads((tmp_path / "out" / "run.json").read_text())["data"] == "abc"


def test_an_earlier_run_is_refused_or_gone_on_with(tmp_path):
    folder = RunFolder(tmp_path)
    folder.begin(CONDITIONS, resume=False)
    checkpoint(folder, 3)
    with pytest.raises(ConfigError, match=r"holds an earlier run\. Go on with it by --resume"):
        folder.check_free(resume=False)
    with pytest.raises(ConfigError, match="--output_dir"):
        folder.begin(CONDITIONS, resume=False)
    assert folder.begin(CONDITIONS, resume=True) == 3
    checkpoint(folder, 9)
    checkpoint(folder, 10)
    checkpoint(folder, 12, whole=False)
    assert folder.begin(CONDITIONS, resume=True) == 10
    assert not folder.checkpoint(12).exists()  # half of it would not load


def test_another_run_is_not_gone_on_with(tmp_path):
    folder = RunFolder(tmp_path)
    folder.begin(CONDITIONS, resume=False)
    checkpoint(folder, 3)
    with pytest.raises(ConfigError, match=r"other conditions \(lr: 0.0001, not 0.5\)"):
        folder.begin({**CONDITIONS, "lr": 0.5}, resume=True)
    with pytest.raises(ConfigError, match="data: 'abc', not None"):
        folder.begin({"lr": 1e-4, "data_path": ("a",)}, resume=True)


def test_what_was_best_before_the_first_checkpoint_is_forgotten(tmp_path):
    folder = RunFolder(tmp_path)
    folder.begin(CONDITIONS, resume=False)
    folder.best.mkdir()
    folder.begin(CONDITIONS, resume=True)
    assert not folder.best.exists()
    checkpoint(folder, 3)
    folder.best.mkdir()
    folder.begin(CONDITIONS, resume=True)
    assert folder.best.exists()


def test_the_best_becomes_the_runs_model(tmp_path):
    folder = RunFolder(tmp_path)
    folder.best.mkdir()
    (folder.best / "model.safetensors").write_text("best")
    (tmp_path / "model.safetensors").write_text("old")
    folder.publish_best()
    assert (tmp_path / "model.safetensors").read_text() == "best"
    assert not folder.best.exists()
    folder.publish_best()  # an earlier end of the run has
    assert (tmp_path / "model.safetensors").read_text() == "best"


def test_a_run_that_left_nothing_is_in_nobodys_way(tmp_path):
    folder = RunFolder(tmp_path)
    folder.begin(CONDITIONS, resume=False)
    folder.check_free(resume=False)
    assert folder.begin({**CONDITIONS, "lr": 0.5}, resume=False) == 0
    assert folder.begin(CONDITIONS, resume=True) == 0


def test_the_flag_that_named_the_folder_is_the_one_that_is_told(tmp_path):
    folder = RunFolder(tmp_path, flag="--checkpoint_dir")
    folder.begin(CONDITIONS, resume=False)
    checkpoint(folder, 3)
    with pytest.raises(ConfigError, match=r"or choose another --checkpoint_dir\."):
        folder.check_free(resume=False)
    with pytest.raises(ConfigError, match=r"or choose another --checkpoint_dir\."):
        folder.begin({**CONDITIONS, "lr": 0.5}, resume=True)


def test_what_a_kill_left_is_gone_when_the_run_goes_on(tmp_path):
    folder = RunFolder(tmp_path, keep=2)
    folder.begin(CONDITIONS, resume=False)
    for step in (1, 2, 3):
        checkpoint(folder, step)
    checkpoint(folder, 4, whole=False)
    for name in ("best.part", "checkpoints/checkpoint-0.part"):
        (tmp_path / name).mkdir()
    handle, _ = tempfile.mkstemp(dir=tmp_path, prefix=".marks.jsonl.")
    os.close(handle)
    assert folder.begin(CONDITIONS, resume=True) == 3
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*")}
    assert left == {"run.json", "checkpoints"}
    assert sorted(path.name for path in folder.checkpoints.iterdir()) == [
        "checkpoint-2", "checkpoint-3",
    ]  # fmt: skip


def test_a_kill_while_the_best_is_published_leaves_no_folder_that_seems_to_be_a_model(
    tmp_path, monkeypatch
):
    folder = RunFolder(tmp_path)
    folder.best.mkdir()
    for name in ("hopgym.json", "model.safetensors", "a.json"):
        (folder.best / name).write_text("new")
    replace = Path.replace

    def killed(file, target):
        if file.name == "model.safetensors":
            raise KeyboardInterrupt
        return replace(file, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            folder.publish_best()
    assert not (tmp_path / "hopgym.json").exists()
    folder.publish_best()
    assert (tmp_path / "hopgym.json").exists() and not folder.best.exists()
