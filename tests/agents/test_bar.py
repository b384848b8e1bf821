import io

from rich.console import Console

from hopgym.agents.bar import Bar


def shown(terminal):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=90)
    with Bar(console) as bar:
        assert not bar.is_open
        bar.move(3)  # nothing is open, nothing is shown
        bar.open("[b]play", 10, done=2)
        assert bar.is_open
        bar.advance("EM 50.0")
        bar.say("a [line]")
    return console.file.getvalue()


def test_a_terminal_has_a_bar_with_its_label_count_and_note():
    text = shown(True)
    assert "[b]play" in text and "3/10" in text and "EM 50.0" in text and "a [line]" in text


def test_elsewhere_there_are_lines_alone():
    assert shown(False) == "a [line]\n"
