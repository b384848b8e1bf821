import io

from rich.console import Console

from hopgym.agents.expert.journal import Attempt
from hopgym.agents.expert.progress import Display, Silent

ATTEMPTS = [
    Attempt(question_id="a", attempt=1, accepted=True),
    Attempt(question_id="b", attempt=1, error="down"),
]


def shown(terminal):
    file = io.StringIO()
    with Display(Console(file=file, force_terminal=terminal, width=120)) as display:
        display.begin("expert, attempt 1", 2)
        for attempt in ATTEMPTS:
            display.step(attempt)
        display.end()
    return file.getvalue()


def test_a_log_gets_one_line_a_round():
    (line,) = shown(terminal=False).splitlines()
    assert line.startswith("expert, attempt 1: 2 episodes in ")
    assert line.endswith("1 accepted, 1 errors")


def test_a_terminal_gets_a_bar():
    assert "2/2" in shown(terminal=True) and "1 accepted, 1 errors" in shown(terminal=True)


def test_silence_is_silent(capsys):
    silent = Silent()
    silent.begin("x", 1)
    silent.step(ATTEMPTS[0])
    silent.end()
    assert capsys.readouterr() == ("", "")
