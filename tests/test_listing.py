import pytest

from hopgym.listing import print_registry, print_table
from hopgym.registry import Registry


@pytest.fixture
def tools():
    registry = Registry("tool", "hopgym tools")
    registry.register("saw", "Cuts [wood].", "somewhere:Saw")
    registry.register("hammer", "Drives nails.", "somewhere:Hammer")
    return registry


def test_every_part_has_a_row_with_what_it_is(tools, capsys):
    print_registry(tools, "What it does")
    lines = capsys.readouterr().out.splitlines()
    assert "Tool" in lines[1] and "What it does" in lines[1]
    assert "hammer" in lines[3] and "Drives nails." in lines[3]
    assert "saw" in lines[4] and "Cuts [wood]." in lines[4]


def test_further_columns_and_a_line_below(tools, capsys):
    more = {"Example": lambda name: f"use {name}?x=1"}
    print_registry(tools, "What it does", more=more, own="Also: your own [tool].")
    shown = capsys.readouterr().out
    assert "Example" in shown and "use hammer?x=1" in shown
    assert shown.rstrip().endswith("Also: your own [tool].")


def test_a_name_is_never_cut_in_a_narrow_terminal(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    print_table(("Name", "What"), [("a_rather_long_name", "words " * 20)])
    assert "a_rather_long_name" in capsys.readouterr().out
