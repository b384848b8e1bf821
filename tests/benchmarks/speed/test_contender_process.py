import os

from hopgym.benchmarks.speed import contender_process as process
from hopgym.benchmarks.speed.contender_process import ContenderProcess


def test_a_contender_works_in_processes_of_its_own(tmp_path):
    runner = ContenderProcess("hopgym tfidf")
    try:
        seconds, peak = runner.ask(process.build, 200, tmp_path)
        builder = runner.ask(os.getpid)
        runner.renew()
        assert runner.ask(os.getpid) not in (builder, os.getpid())
        assert seconds > 0 and 10 < peak < 5_000
        assert runner.ask(process.open_index, tmp_path) > 0
        first, count = runner.ask(process.warm_up, 0.01, 50)
        assert first > 0 and 1 <= count <= 50
        assert runner.ask(process.batch, count) > 0
        assert len(runner.ask(process.one_by_one, 3)) == 3
    finally:
        runner.close()
    assert runner.failure == ""


def test_what_it_cannot_do_is_its_failure(tmp_path):
    runner = ContenderProcess("hopgym tfidf")
    try:
        assert runner.ask(process.open_index, tmp_path / "nowhere") is None
        assert runner.failure.startswith("DataError") or "nowhere" in runner.failure
        assert runner.ask(os.getpid) is None
    finally:
        runner.close()


def test_a_process_that_dies_is_a_failure():
    runner = ContenderProcess("hopgym tfidf")
    try:
        assert runner.ask(os._exit, 3) is None
        assert "BrokenProcessPool" in runner.failure
    finally:
        runner.close()
