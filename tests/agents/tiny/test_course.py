import io
import json

import pytest
from rich.console import Console

from hopgym.agents.llm.loading import load_model
from hopgym.agents.tiny import course
from hopgym.agents.tiny.course import Display, held_out, train
from hopgym.agents.tiny.exam import Mark
from hopgym.agents.tiny.settings import TinySettings
from hopgym.errors import ConfigError

torch = pytest.importorskip("torch")
SMALL = {
    "steps": 5, "batch_tokens": 400, "layers": 2, "width": 16, "threads": 1, "heads": 2,
    "vocabulary": 500, "eval_steps": 2, "eval_episodes": 2, "float16": False,
}  # fmt: skip


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(course, "SHORT", 2)


def weights(folder):
    return torch.cat([p.flatten() for p in load_model(folder)[0].parameters()])


@pytest.mark.slow
def test_a_run_that_was_stopped_ends_as_one_that_was_not(short, monkeypatch, tmp_path):
    whole = train(TinySettings(output_dir=str(tmp_path / "whole"), **SMALL))
    assert (whole.steps, whole.marks["all"].questions) == (5, 2)

    def stop(step, marks):
        if step == 4:
            raise KeyboardInterrupt

    settings = TinySettings(output_dir=str(tmp_path / "parts"), **SMALL)
    display = Display(Console(file=io.StringIO()))
    monkeypatch.setattr(display, "marked", stop)
    with pytest.raises(KeyboardInterrupt):
        train(settings, display)
    with pytest.raises(ConfigError, match=r"holds an earlier run\. Go on with it by --resume"):
        train(settings)
    with pytest.raises(ConfigError, match="trained under other conditions"):
        train(TinySettings(output_dir=settings.output_dir, resume=True, **{**SMALL, "width": 32}))
    parts = train(TinySettings(output_dir=settings.output_dir, resume=True, **SMALL))
    assert torch.equal(weights(whole.folder), weights(parts.folder))
    curves = [json.loads((each.folder / "curve.json").read_text()) for each in (whole, parts)]
    assert [[p["step"] for p in curve] for curve in curves] == [[2, 4, 5]] * 2
    assert [p["loss"] for p in curves[0]] == [p["loss"] for p in curves[1]]
    assert all("exam" in point for point in curves[0])
    assert not (parts.folder / "checkpoints").exists() and not (parts.folder / "best").exists()
    with pytest.raises(ConfigError, match="holds an earlier run"):
        train(TinySettings(output_dir=settings.output_dir, **SMALL))


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_run_that_has_ended_stays_as_it_is(short, tmp_path):
    settings = TinySettings(output_dir=str(tmp_path), resume=True, **SMALL)
    first = train(settings)
    before = contents(tmp_path)
    (tmp_path / "checkpoints.part").mkdir()  # a kill came while they were removed
    again = train(settings)
    assert contents(tmp_path) == before and not (tmp_path / "checkpoints.part").exists()
    assert again == first._replace(seconds=again.seconds)
    assert again.seconds == pytest.approx(first.seconds, abs=5)


@pytest.mark.slow
def test_a_run_that_dies_before_its_first_model_is_published_is_resumed(
    short, monkeypatch, tmp_path
):
    settings = TinySettings(output_dir=str(tmp_path), resume=True, **SMALL)
    publish = course.RunFolder.publish_best

    def die(run):
        monkeypatch.setattr(course.RunFolder, "publish_best", publish)
        raise KeyboardInterrupt

    monkeypatch.setattr(course.RunFolder, "publish_best", die)
    with pytest.raises(KeyboardInterrupt):
        train(settings)
    assert (tmp_path / "checkpoints" / "checkpoint-2" / "complete").is_file()
    assert train(settings).steps == 5


def test_a_model_that_no_run_left_is_not_overwritten(tmp_path):
    (tmp_path / "hopgym.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"holds a model\. Choose another --output_dir"):
        train(TinySettings(output_dir=str(tmp_path), resume=True, **SMALL))


def test_the_figures_stand_beside_the_bar():
    stream = io.StringIO()
    with Display(Console(file=stream, force_terminal=True, width=120)) as display:
        display.open("tiny", 10)
        display.show(4, {"loss": 1.5, "own_loss": 0.25})
        display.show(5, {})
        display.marked(5, {"1 hop": Mark(2, 0.5, 1.0), "1 hop, chain": Mark(2, 0.5, 1.0),
                           "all": Mark(2, 0.5, 0.75)})  # fmt: skip
    shown = stream.getvalue()
    assert "loss 1.500, own 0.250" in shown and "5/10" in shown
    assert "step 5  1 hop EM 0.50, all EM 0.50, format 0.75" in shown


def test_held_out_questions_have_one_and_two_hops():
    assert {len(question.hops) for question in held_out(8).questions("dev")} == {1, 2}
