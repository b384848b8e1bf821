import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from hopgym.agents.training.display import Display
from hopgym.agents.training.examination import Marks
from hopgym.agents.training.listeners import COMPLETE, Checkpoints, Examiner, Listener


def state(step, epoch=1.0, last=100, first=True):
    return SimpleNamespace(
        global_step=step, epoch=epoch, max_steps=last, is_world_process_zero=first
    )


def control():
    return SimpleNamespace(should_save=False, should_training_stop=False)


def shown():
    return Display(Console(file=io.StringIO()))


class Exam:
    """Gives the scores it was told to."""

    metric = "em"

    def __init__(self, *scores):
        self.scores = list(scores)

    def play(self, model, tokenizer):
        return {"em": self.scores.pop(0), "f1": 0.5}


class Model:
    """Remembers where it was saved."""

    def __init__(self):
        self.saved = []

    def save_pretrained(self, folder, **options):
        self.saved.append(folder)


def examiner(tmp_path, *scores, **more):
    given = {"every": 10, "patience": 2, "display": shown(), **more}
    return Examiner(Exam(*scores), Marks(tmp_path / "m"), tmp_path / "best", **given)


def examine(listener, step, model=None, **more):
    model, tokenizer, said = model or Model(), Model(), control()
    listener.on_step_end(None, state(step, **more), said, model=model, processing_class=tokenizer)
    return said, model.saved, tokenizer.saved


def test_a_listener_hears_everything_and_nothing_else():
    assert Listener().on_anything(1, a=2) is None
    with pytest.raises(AttributeError, match="no attribute 'step'"):
        Listener().step  # noqa: B018


def test_the_model_is_examined_so_often_and_at_the_end(tmp_path):
    listener = examiner(tmp_path, 0.1, 0.2, 0.3)
    for step, due in ((1, False), (10, True), (19, False), (20, True), (99, False), (100, True)):
        said, *_ = examine(listener, step)
        assert said.should_save is due
    assert [mark.step for mark in listener.marks.all] == [10, 20, 100]
    assert listener.marks.all[0].metrics == {"em": 0.1, "f1": 0.5}


def test_the_best_is_saved_with_its_tokenizer(tmp_path):
    listener = examiner(tmp_path, 0.1, 0.5, 0.2)
    saved = [examine(listener, step)[1:] for step in (10, 20, 30)]
    part = tmp_path / "best.part"  # until all of it is written
    assert saved == [([part], [part]), ([part], [part]), ([], [])]
    assert (tmp_path / "best").is_dir() and not part.exists()


def test_a_best_that_cannot_be_written_leaves_the_last_one(tmp_path):
    listener = examiner(tmp_path, 0.1, 0.5)
    examine(listener, 10)
    (tmp_path / "best" / "weights").write_text("of step 10")

    def full(folder, **options):
        (folder / "weights").write_text("half")
        raise OSError(28, "No space left on device")

    model = Model()
    model.save_pretrained = full
    with pytest.raises(OSError, match="No space"):
        examine(listener, 20, model)
    assert (tmp_path / "best" / "weights").read_text() == "of step 10"
    assert not (tmp_path / "best.part").exists()


def test_training_ends_when_it_plays_no_better_and_not_before_an_epoch(tmp_path):
    listener = examiner(tmp_path, 0.3, 0.2, 0.3, 0.1)
    stops = [examine(listener, 10 * n, epoch=n / 4)[0].should_training_stop for n in range(1, 5)]
    assert stops == [False, False, False, True] and listener.stopped
    assert listener.is_over(state(40, epoch=1)) and not listener.is_over(state(45, epoch=1.2))
    early = examiner(tmp_path, *[0.3] * 4, patience=0)
    assert not any(examine(early, 10 * n)[0].should_training_stop for n in range(1, 5))


def test_of_several_processes_one_plays_and_all_agree(tmp_path):
    listener = examiner(tmp_path, agree=lambda value: {"em": 0.7})
    _, saved, _ = examine(listener, 10, first=False)
    assert listener.marks.best.score == 0.7 and saved == []


def test_checkpoints_are_due_by_steps_or_epochs(tmp_path):
    def asked(listener, event, step=4):
        said = control()
        getattr(listener, event)(None, state(step), said)
        return said.should_save

    assert asked(Checkpoints(4), "on_step_end") and not asked(Checkpoints(4), "on_step_end", 5)
    assert not asked(Checkpoints(4), "on_epoch_end")
    assert asked(Checkpoints(0), "on_epoch_end") and not asked(Checkpoints(0), "on_step_end")
    (tmp_path / "checkpoint-4").mkdir()
    Checkpoints(0).on_save(SimpleNamespace(output_dir=str(tmp_path)), state(4), control())
    assert (tmp_path / "checkpoint-4" / COMPLETE).is_file()


def test_no_card_of_the_trainer_stays_among_the_checkpoints(tmp_path):
    """TRL writes one whose tags are in another order in each process."""
    (tmp_path / "checkpoint-4").mkdir()
    (tmp_path / "README.md").write_text("tags: trl, grpo")
    Checkpoints(0).on_save(SimpleNamespace(output_dir=str(tmp_path)), state(4), control())
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-4"]


def test_old_checkpoints_go_only_when_the_new_one_is_whole(tmp_path, monkeypatch):
    place = SimpleNamespace(output_dir=str(tmp_path))
    for step in (2, 9, 10):
        (tmp_path / f"checkpoint-{step}").mkdir()
        Checkpoints(0, keep=2).on_save(place, state(step), control())
    left = sorted(folder.name for folder in tmp_path.iterdir())
    assert left == ["checkpoint-10", "checkpoint-9"]

    def full(folder):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hopgym.agents.training.listeners.seal", full)
    (tmp_path / "checkpoint-11").mkdir()
    with pytest.raises(OSError, match="No space"):
        Checkpoints(0, keep=1).on_save(place, state(11), control())
    assert (tmp_path / "checkpoint-10" / COMPLETE).is_file()


def test_where_that_is_wanted_the_start_is_examined_too(tmp_path):
    def begun(**more):
        listener = examiner(tmp_path, 0.5, **more)
        listener.on_train_begin(None, state(0), control(), model=Model(), processing_class=Model())
        return [(mark.step, mark.score) for mark in listener.marks.all]

    assert begun(at_start=True) == [(0, 0.5)] and begun() == []


def test_a_checkpoint_comes_with_a_line_of_the_log(tmp_path):
    for event, every in (("on_step_end", 4), ("on_epoch_end", 0)):
        said = control()
        getattr(Checkpoints(every), event)(None, state(4), said)
        assert said.should_save and said.should_log
    said = control()
    said.should_save = True  # as the examiner asks for it
    Checkpoints(0).on_step_end(None, state(5), said)
    assert said.should_log
