import io

from boards import make_failed, make_one
from rich.console import Console

from hopgym.benchmarks import progress
from hopgym.benchmarks.progress import Display, Silent, Tally


def shown(terminal, label="iterative on world"):
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=120, no_color=True)
    with Display(console) as display:
        display.begin(label, 4, 1)
        for record in (make_one(metrics={"f1": 0.5}), make_failed(), make_one()):
            display.step(record)
        display.end()
    return stream.getvalue()


def test_a_tally_averages_scores_and_counts_failures_apart():
    tally = Tally("a", 10, 0)
    assert str(tally) == ""
    tally.add(make_failed())
    assert str(tally) == "1 error"
    tally.add(make_one(metrics={"f1": 0.5}))
    tally.add(make_one(metrics={"f1": 1.0}))
    assert str(tally) == "F1  75.0, 1 error"
    assert str(Tally("a", 10, 7)) == "7 kept from before"


def test_a_tally_of_lists_of_answers_says_so():
    tally = Tally("a", 10, 0)
    for score in (0.5, 1.0):
        tally.add(make_one(metrics={"f1": 0.0, "f1_one_to_one": score}))
    tally.add(make_failed())
    assert str(tally) == "F1 1:1  75.0, 1 error"


def test_a_tally_says_that_its_score_is_of_new_episodes_alone():
    tally = Tally("a", 10, 7)
    for record in (make_failed(), make_one(metrics={"f1": 0.5}), make_one(metrics={"f1": 1.0})):
        tally.add(record)
    assert str(tally) == "F1  75.0 of the 2 new, 1 error, 7 kept from before"


def test_a_log_gets_one_plain_line():
    text = shown(terminal=False)
    assert text.count("\n") == 1 and "\x1b" not in text
    assert text.startswith("iterative on world: 3 new episodes in ")
    assert text.endswith("F1  75.0 of the 2 new, 1 error, 1 kept from before\n")


def test_a_log_hears_of_a_long_run_on_the_way(monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    first, *_, last = shown(terminal=False).splitlines()
    assert first == (
        "iterative on world: 2 of 4 episodes so far  F1  50.0 of the 1 new, 1 kept from before"
    )
    assert "so far" not in last


def test_a_terminal_gets_a_bar_that_ends_full():
    text = shown(terminal=True)
    assert "4/4" in text and "episodes in" not in text
    assert "F1  75.0 of the 2 new, 1 error, 1 kept" in text


def test_a_label_is_never_read_as_markup():
    assert "[bold]x[/] on [t]" in shown(False, "[bold]x[/] on [t]")
    assert "[bold]x[/bold]" in shown(True, "[bold]x[/bold]")


def test_an_error_on_the_way_leaves_the_terminal_in_order():
    stream = io.StringIO()
    display = Display(Console(file=stream, force_terminal=True, width=80))
    try:
        with display:
            display.begin("a", 1, 0)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert stream.getvalue().rstrip().endswith("\x1b[?25h")  # the cursor is back


def test_silence_is_silent(capsys):
    silent = Silent()
    silent.begin("a", 1, 0)
    silent.step(make_one())
    silent.end()
    silent.leave_out("a on b", "It is no fish.")
    assert capsys.readouterr() == ("", "")


def test_what_is_not_played_is_said_with_the_reason():
    stream = io.StringIO()
    with Display(Console(file=stream, width=40)) as display:
        display.leave_out("mine on plans", "It plays no plans, and says so at length.")
    said = " ".join(stream.getvalue().split())
    assert said == "mine on plans: not played. It plays no plans, and says so at length."
