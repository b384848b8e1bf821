import json
import math
import sys
from types import ModuleType, SimpleNamespace

import pytest

from hopgym.agents.training.journal import Journal, check_trackers, make_trackers
from hopgym.errors import MissingExtraError


def asked(tmp_path, **flags):
    given = {"use_wandb": False, "use_tensorboard": False, "wandb_project": "mine"}
    return SimpleNamespace(
        **{**given, "wandb_run_name": None, "output_dir": str(tmp_path), **flags}
    )


def test_every_update_is_a_line_that_is_there_at_once(tmp_path):
    journal = Journal(tmp_path / "run" / "journal.jsonl")
    journal.add(1, {"em": 0.5})
    assert [json.loads(line) for line in journal.path.open()] == [{"update": 1, "em": 0.5}]
    journal.add(2, {"em": 0.25, "grad_norm": math.nan})
    lines = [json.loads(line) for line in journal.path.open()]
    assert lines[1] == {"update": 2, "em": 0.25, "grad_norm": None}


def test_a_resumed_run_forgets_what_came_after_its_checkpoint(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    for update in (1, 2, 3):
        journal.add(update, {"em": update})
    again = Journal(journal.path, until=2)
    assert [line["update"] for line in again.lines] == [1, 2]
    again.add(3, {"em": 30})
    assert [json.loads(line)["em"] for line in again.path.open()] == [1, 2, 30]
    assert Journal(journal.path).lines == []  # from the beginning: nothing is kept
    assert Journal(tmp_path / "none.jsonl", until=2).lines == []


class Tracker:
    def __init__(self):
        self.told = []

    def log(self, values, step):
        self.told.append((step, values))

    def finish(self):
        self.told.append("finished")


def test_trackers_are_told_the_same(tmp_path):
    tracker = Tracker()
    journal = Journal(tmp_path / "journal.jsonl", trackers=(tracker,))
    journal.add(1, {"em": 0.5})
    journal.finish()
    assert tracker.told == [(1, {"em": 0.5}), "finished"]


def test_trackers_that_are_not_installed_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("hopgym.agents.training.journal.find_spec", lambda name: None)
    check_trackers(asked(tmp_path))
    with pytest.raises(MissingExtraError, match=r"use_wandb needs .*Run: pip install wandb"):
        check_trackers(asked(tmp_path, use_wandb=True))
    with pytest.raises(MissingExtraError, match="Run: pip install tensorboard"):
        check_trackers(asked(tmp_path, use_tensorboard=True))


SETTINGS = {"lr": 1e-4, "name": "x", "several": (1, 2), "missing": None}


def test_tensorboard_is_written(tmp_path):
    pytest.importorskip("accelerate")
    pytest.importorskip("tensorboard")
    trackers = make_trackers(asked(tmp_path, use_tensorboard=True), SETTINGS)
    Journal(tmp_path / "journal.jsonl", trackers=trackers).add(1, {"em": 0.5})
    trackers[0].finish()
    assert list((tmp_path / "tensorboard").glob("events.*"))


def test_wandb_and_tensorboard_are_called_as_their_libraries_ask(tmp_path, monkeypatch):
    pytest.importorskip("accelerate")
    calls = []
    wandb, board = ModuleType("wandb"), ModuleType("torch.utils.tensorboard")
    wandb.init = lambda **given: calls.append(("init", given)) or Run(calls)
    wandb.config = SimpleNamespace(update=lambda *a, **k: calls.append(("config", a[0])))
    board.SummaryWriter = lambda folder: Writer(calls, folder)
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", board)
    monkeypatch.setattr("torch.utils.tensorboard", board, raising=False)
    given = asked(tmp_path, use_wandb=True, use_tensorboard=True, wandb_run_name="first")
    journal = Journal(tmp_path / "j.jsonl", trackers=make_trackers(given, SETTINGS))
    journal.add(7, {"em": 0.5})
    journal.finish()
    plain = {"lr": 1e-4, "name": "x"}
    assert ("init", {"project": "mine", "name": "first"}) in calls and ("config", plain) in calls
    assert ("log", {"em": 0.5}, 7) in calls and ("scalar", "em", 0.5, 7) in calls
    assert ("hparams", plain) in calls and calls.count("closed") == 2
    assert str(tmp_path / "tensorboard") in calls


class Run:
    def __init__(self, calls):
        self.calls = calls

    def log(self, values, step):
        self.calls.append(("log", values, step))

    def finish(self):
        self.calls.append("closed")


class Writer:
    def __init__(self, calls, folder):
        self.calls = calls
        calls.append(folder)

    def add_hparams(self, values, metric_dict):
        self.calls.append(("hparams", values))

    def add_scalar(self, name, value, global_step):
        self.calls.append(("scalar", name, value, global_step))

    def flush(self):
        pass

    def close(self):
        self.calls.append("closed")
