import pytest
from rich.console import Console

from hopgym.benchmarks.retrieval_progress import Work


def test_a_log_gets_a_line_for_each_step_and_no_bar():
    console = Console(width=120, force_terminal=False)
    with console.capture() as shown, Work(console) as work:
        with work.step("2wiki: [bold]BM25"):
            assert list(work.counted("items", "abc", 3)) == ["a", "b", "c"]
        work.say("done")
    first, second = shown.get().splitlines()
    assert first.startswith("2wiki: [bold]BM25: ")
    assert first.endswith(" s")
    assert second == "done"


def test_a_terminal_gets_a_bar():
    console = Console(width=120, force_terminal=True)
    with console.capture() as shown, Work(console) as work:
        for _ in work.counted("encoding", range(3), 3):
            work._bar.refresh()
    assert "encoding" in shown.get()
    assert "2/3" in shown.get()


def test_an_error_leaves_no_bar_behind():
    console = Console(width=120, force_terminal=True)
    with console.capture(), pytest.raises(KeyError), Work(console) as work, work.step("x"):
        raise KeyError
    assert work._bar.finished
    assert not work._bar.live.is_started


def test_without_a_console_it_shows_nothing(capsys):
    with Work() as work, work.step("x"):
        work.say("y")
    assert capsys.readouterr() == ("", "")
