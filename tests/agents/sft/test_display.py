import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from hopgym.agents.sft.display import SFTDisplay
from hopgym.agents.training.examination import Mark, Marks


def state(step, first=True):
    return SimpleNamespace(global_step=step, max_steps=100, is_world_process_zero=first)


def shown(terminal=False):
    return SFTDisplay(Console(file=io.StringIO(), force_terminal=terminal, width=120))


@pytest.mark.parametrize("terminal", [False, True])
def test_the_display_tells_how_it_goes(tmp_path, terminal):
    display = shown(terminal)
    with display:
        display.on_train_begin(None, state(0), None)
        display.on_step_end(None, state(5), None)
        logs = {"loss": 1.25, "mean_token_accuracy": 0.5, "learning_rate": 1e-4}
        display.on_log(None, state(5), None, logs=logs)
        display.on_log(None, state(5), None, logs={"train_runtime": 3})
        marks = Marks(tmp_path / "m")
        for n, score in enumerate((0.25, 0.125)):
            marks.add(Mark(step=n, epoch=1.0, score=score))
            display.examined(marks.all[-1], "em", marks)
    told = display.console.file.getvalue()
    assert "step 5/100  loss 1.2500  tokens right 50.0  lr 1.0e-04" in told
    assert "step 0  em 25.0 (the best so far)" in told
    assert "step 1  em 12.5 (best 25.0)" in told
    assert ("5/100" in told.replace("step 5/100", "")) is terminal


def test_the_last_steps_are_logged_however_few_they_are():
    for step, due in ((99, False), (100, True)):
        said = SimpleNamespace()
        shown().on_step_end(None, state(step), said)
        assert getattr(said, "should_log", False) is due


def test_other_processes_show_nothing():
    display = shown()
    display.on_train_begin(None, state(0, first=False), None)
    display.on_log(None, state(1), None, logs={"loss": 1.0})
    assert display.console.file.getvalue() == ""
