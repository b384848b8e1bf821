"""Every trainer, and every fault that can end it: what is told, what is left, and how it goes on."""

import shutil

import pytest
from faulty_runs import (
    TRAINERS,
    Evil,
    Work,
    checkpoints,
    damaged,
    fill,
    half_written,
    left,
    saves,
    small_disk,
)
from tiny_llms import needs_llms

needs_llms()
import torch  # noqa: E402

from hopgym.agents.training.checkpoint import COMPLETE, check  # noqa: E402
from hopgym.errors import AgentError, DataError  # noqa: E402
from hopgym.retrieval.saved import SaveError  # noqa: E402

torch.set_num_threads(1)

MAYBE_SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in TRAINERS]
FULL = r"could not be written \(.*(No space|full).*\)\. Free some space .*--resume"


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr("hopgym.agents.tiny.course.SHORT", 2)


@pytest.mark.parametrize("name", MAYBE_SLOW)
def test_a_run_of_many_faults_ends_as_one_of_none(name, monkeypatch, tmp_path):
    """Memory runs out, the disk fills, the checkpoint is damaged; after each it goes on."""
    work = Work(name, tmp_path)
    work.train(tmp_path / "whole")
    with small_disk(tmp_path / "disk") as disk:
        out = disk / "out"
        runs_out_of_memory(work, out, monkeypatch)
        last = whole_checkpoint(out)
        runs_out_of_disk(work, out, disk, monkeypatch)
        assert whole_checkpoint(out) == last
        is_damaged(work, last, tmp_path / "spare")
        work.train(out)
        assert left(out) == left(tmp_path / "whole")
        assert not half_written(out)


def runs_out_of_memory(work, out, monkeypatch):
    """Let memory run out in the first backward pass after a save."""
    saved, backward = [], torch.Tensor.backward

    def runs_out(*args, **kwargs):
        if len(saved) > 0:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return backward(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(torch.Tensor, "backward", runs_out)
        saves(patch, saved.append)
        with pytest.raises(AgentError, match=r"Memory ran out \(CUDA out of memory.*--"):
            work.train(out)


def runs_out_of_disk(work, out, disk, monkeypatch):
    """Fill the disk as the next checkpoint is about to be written; then make room again."""
    ballast = []

    def before(n):
        if n == 1:
            ballast.append(fill(disk))

    with monkeypatch.context() as patch:
        saves(patch, before)
        with pytest.raises(SaveError, match=FULL):
            work.train(out)
    ballast[0].unlink()


def whole_checkpoint(out):
    """Return the one checkpoint that there is; nothing else is half written."""
    assert not half_written(out)
    (name,) = checkpoints(out)
    check(out / "checkpoints" / name, "")
    return out / "checkpoints" / name


def is_damaged(work, last, spare):
    """Damage every file of a checkpoint in every way; each is told, and none of it is run."""
    shutil.copytree(last, spare)
    files = [file for file in last.rglob("*") if file.is_file() and file.name != COMPLETE]
    for file in files:
        for how in ("truncate", "flip", "empty", "remove"):
            damaged(file, how)
            with pytest.raises(DataError, match=rf"{file.name}: .*CURE"):
                check(last, "CURE")
            shutil.copyfile(spare / file.relative_to(last), file)
    largest = max(files, key=lambda file: file.stat().st_size)
    damaged(largest, "flip")
    with pytest.raises(DataError, match=rf"{largest.name}: .*Remove .*{last.name}.*begins anew"):
        work.train(last.parent.parent)
    shutil.copyfile(spare / largest.relative_to(last), largest)
    holds_code(work, last)


def holds_code(work, last):
    """Put code into each file that torch reads, in a checkpoint of a time before digests."""
    seal = (last / COMPLETE).read_bytes()
    (last / COMPLETE).write_bytes(b"")
    mark = last.parent / "ran"
    for file in [*last.rglob("*.pt"), *last.rglob("*.pth")]:
        content = file.read_bytes()
        torch.save({"state": Evil(mark)}, file)
        with pytest.raises(DataError, match=r"cannot be read .*--resume"):
            work.train(last.parent.parent)
        file.write_bytes(content)
    assert not mark.exists()
    (last / COMPLETE).write_bytes(seal)
