import os

import pytest

from hopgym.agents.grpo.settings import GRPOSettings
from hopgym.agents.training.variables import tracker_variables, variables


def test_variables_hold_within_and_what_was_there_comes_back(monkeypatch):
    monkeypatch.setenv("HOPGYM_A", "before")
    monkeypatch.delenv("HOPGYM_B", raising=False)
    with pytest.raises(KeyError), variables({"HOPGYM_A": "a", "HOPGYM_B": "b"}):
        assert (os.environ["HOPGYM_A"], os.environ["HOPGYM_B"]) == ("a", "b")
        raise KeyError
    assert os.environ["HOPGYM_A"] == "before" and "HOPGYM_B" not in os.environ


def test_trackers_are_told_the_project_and_the_folder():
    assert tracker_variables(GRPOSettings()) == {}
    told = tracker_variables(
        GRPOSettings(use_wandb=True, wandb_project="mine", use_tensorboard=True, output_dir="out")
    )
    assert told == {"WANDB_PROJECT": "mine", "TENSORBOARD_LOGGING_DIR": "out/tensorboard"}
