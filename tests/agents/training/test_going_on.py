from types import SimpleNamespace

import pytest

pytest.importorskip("transformers")

from transformers import TrainerState

from hopgym.agents.training.going_on import STATE, make_steps


class Trainer:
    """Notes what it is told."""

    def __init__(self, max_steps):
        self.args = SimpleNamespace(max_steps=max_steps)
        self.state = TrainerState()
        self.done = []

    def train(self, resume_from_checkpoint=None):
        self.done.append(("train", resume_from_checkpoint))

    def _load_from_checkpoint(self, folder):
        self.done.append(("load", folder))


@pytest.fixture
def checkpoint(tmp_path):
    TrainerState(global_step=4, max_steps=4).save_to_json(str(tmp_path / STATE))
    return tmp_path


def test_without_a_checkpoint_it_begins():
    trainer = Trainer(4)
    make_steps(trainer, None, over=lambda state: True)
    assert trainer.done == [("train", None)]


@pytest.mark.parametrize("max_steps", [4, 3, -1])
def test_where_no_step_is_left_what_was_trained_is_loaded(checkpoint, max_steps):
    trainer = Trainer(max_steps)
    make_steps(trainer, checkpoint)
    assert trainer.done == [("load", str(checkpoint))] and trainer.state.global_step == 4


def test_a_run_that_is_made_longer_goes_on(checkpoint):
    trainer = Trainer(5)
    make_steps(trainer, checkpoint)
    assert trainer.done == [("train", str(checkpoint))]


def test_it_may_have_ended_before_its_last_step(checkpoint):
    trainer = Trainer(9)
    make_steps(trainer, checkpoint, over=lambda state: state.global_step == 4)
    assert trainer.done == [("load", str(checkpoint))]
