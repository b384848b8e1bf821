import json
import math
from types import SimpleNamespace

import pytest
from grpo_runs import settings
from rich.console import Console

from hopgym.agents.grpo.listeners import GUARD, Steps, read_figures
from hopgym.agents.health.guard import Guard, GuardSettings
from hopgym.agents.schedule import Schedule
from hopgym.agents.training.display import Display
from hopgym.agents.training.journal import Journal
from hopgym.rewards import make_reward

BOUNDS = GuardSettings(warmup=0, window=2, patience=1)


@pytest.fixture
def steps(tmp_path):
    return steps_in(tmp_path)


def steps_in(folder, **changes):
    journal = Journal(folder / "journal.jsonl", name="step")
    display = Display(Console(file=open(folder / "shown.txt", "w"), width=200))  # noqa: SIM115
    schedule = Schedule(make_reward("dag", curriculum_steps=4))
    return Steps(settings(folder, **changes), journal, Guard(BOUNDS), schedule, display)


def logged(steps, step=1, **figures):
    state = SimpleNamespace(global_step=step)
    control = SimpleNamespace(should_training_stop=False, should_save=False)
    steps.on_log(None, state, control, {"loss": 0.5, "episodes": 8.0, **figures})
    return control


def test_a_step_stands_in_the_journal_and_is_shown(steps, tmp_path):
    logged(steps, 3, reward=0.25, em=0.5, **{"completions/max_length": 9, "rewards/reward/mean": 1})
    (line,) = map(json.loads, (tmp_path / "journal.jsonl").read_text().splitlines())
    assert line == {"step": 3, "loss": 0.5, "episodes": 8.0, "reward": 0.25, "em": 0.5}
    steps.display.console.file.flush()
    assert "step 3/3  reward 0.25 em 0.5" in (tmp_path / "shown.txt").read_text()


def test_what_is_no_steps_log_is_passed_by(steps, tmp_path):
    state = SimpleNamespace(global_step=1)
    steps.on_log(None, state, None, {"train_loss": 0.1})
    steps.on_log(None, state, None, None)
    assert not (tmp_path / "journal.jsonl").exists()


def test_the_guard_ends_a_run_and_has_it_saved(steps):
    assert not logged(steps, 1, kl=0.1).should_training_stop
    control = logged(steps, 2, kl=9.0)
    assert control.should_training_stop and control.should_save
    assert steps.alarm.figure == "kl"


def test_a_broken_number_is_seen_in_every_step(steps):
    control = SimpleNamespace(should_training_stop=False, should_save=False)
    state = SimpleNamespace(global_step=2)
    steps.on_log(None, state, control, {"loss": 0.5, "kl": 99.0})  # on episodes of before
    steps.on_log(None, state, control, {"loss": 0.5, "kl": 99.0})
    assert steps.guard.state()["updates"] == 0 and not control.should_training_stop
    steps.on_log(None, state, control, {"loss": 0.5, "grad_norm": math.nan})
    assert control.should_training_stop


def test_the_control_and_an_unguarded_run_go_on(tmp_path):
    for changes in ({"control": "shuffled"}, {"guard": False}):
        steps = steps_in(tmp_path, **changes)
        logged(steps, 1, kl=9.0)
        assert not logged(steps, 2, kl=9.0).should_training_stop and steps.alarm is None


def test_the_guard_forgets_levels_where_the_curriculum_goes_on(tmp_path):
    steps = steps_in(tmp_path)
    for step in range(1, 5):
        logged(steps, step, reward=0.8)
    before = steps.guard.state()
    for step, forgets in ((3, False), (4, True)):
        steps.on_step_begin(None, SimpleNamespace(global_step=step), None)
        assert (steps.guard.state() != before) is forgets
    assert steps.guard.state()["courses"] == {}


def saved(steps, folder):
    folder.mkdir(exist_ok=True)
    state = SimpleNamespace(global_step=int(folder.name.partition("-")[2]))
    steps.on_save(SimpleNamespace(output_dir=folder.parent), state, None)
    return folder


def test_a_checkpoint_holds_what_the_guard_remembers(steps, tmp_path):
    logged(steps, 1, kl=0.1)
    folder = saved(steps, tmp_path / "checkpoint-1")
    other = steps_in(tmp_path)
    other.restore(folder)
    assert (folder / GUARD).is_file() and other.guard.state() == steps.guard.state()
    assert other.alarm is None


def test_what_stopped_a_run_holds_unless_the_bounds_are_others(steps, tmp_path):
    logged(steps, 1, grad_norm=math.nan)
    folder = saved(steps, tmp_path / "checkpoint-1")
    for changes, holds in (
        ({}, True),
        ({"guard_set": ("most_kl=9",)}, False),
        ({"guard": False}, False),
    ):
        other = steps_in(tmp_path, **changes)
        other.restore(folder)
        assert (other.alarm is not None) is holds
    other = steps_in(tmp_path)
    other.restore(folder)
    assert other.alarm.reason == steps.alarm.reason


def test_trls_names_become_ours_and_what_misleads_is_left_out():
    logs = {
        "loss": 0.1, "clip_ratio/region_mean": 0.2, "clip_ratio/low_min": 0.3, "kl": None,
        "learning_rate": "1e-05", "completions/clipped_ratio": 1.0, "profiling/x": 2.0,
    }  # fmt: skip
    assert read_figures(logs) == {"loss": 0.1, "clip_fraction": 0.2, "lr": 1e-5}
