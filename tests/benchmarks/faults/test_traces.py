import os

import pytest

from hopgym.benchmarks.faults.traces import phase, traces


def test_a_folder_that_is_not_there_has_no_traces(tmp_path):
    assert traces(tmp_path / "none") == {} and phase(tmp_path / "none", {}) == "start"


def test_an_untouched_folder_was_hit_in_the_start(tmp_path):
    (tmp_path / "a").write_text("1")
    assert phase(tmp_path, traces(tmp_path)) == "start"


@pytest.mark.parametrize("name", ["journal.jsonl", "checkpoint-3/complete", "best/hopgym.json"])
def test_what_was_written_is_work(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("{}\n")
    assert phase(tmp_path, {}) == "work"


def test_what_was_removed_is_work(tmp_path):
    (tmp_path / "a").write_text("1")
    before = traces(tmp_path)
    os.remove(tmp_path / "a")
    assert phase(tmp_path, before) == "work"


@pytest.mark.parametrize(
    "name",
    [
        ".run.json.ab3_x9zz", "checkpoint-3.part/weights", "best.old/x", "checkpoint-4/weights",
        "a.jsonl", "kb/data-building/part-1",
    ],
)  # fmt: skip
def test_what_is_half_written_is_seen(tmp_path, name):
    before = traces(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text('{"half')
    assert phase(tmp_path, before) == "writing"


def test_half_a_file_of_an_earlier_life_is_not_counted_again(tmp_path):
    (tmp_path / ".run.json.ab3_x9zz").write_text("1")
    before = traces(tmp_path)
    (tmp_path / "b").write_text("1")
    assert phase(tmp_path, before) == "work"
