import pytest
import typer

from hopgym.benchmarks.round_trips import __main__ as command
from hopgym.benchmarks.round_trips.doors import Pair


def test_the_table_counts_what_is_alike(monkeypatch, capsys):
    row = command.Row("SearchRead", "HTTP", [Pair(1.0, 1.0), Pair(0.5, 0.5)], 5, 0.5)
    assert row.same == 2
    monkeypatch.setattr(command, "round_trips", lambda games, episodes: iter([row]))
    command.main(episodes=2, only="Search")
    said = capsys.readouterr().out
    assert "SearchRead" in said and "0.750" in said
    other = row._replace(pairs=[Pair(1.0, 1.0), Pair(0.5, 0.5 + 2e-16)])
    monkeypatch.setattr(command, "round_trips", lambda games, episodes: iter([other]))
    with pytest.raises(typer.Exit):
        command.main(episodes=2, only="Search")
