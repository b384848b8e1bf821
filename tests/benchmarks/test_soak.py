import json

import pytest

from hopgym.benchmarks import soak as module
from hopgym.benchmarks.footprint import Footprint
from hopgym.benchmarks.soak import Soak, draw, main, soak, tables
from hopgym.benchmarks.soak_legs import default_legs
from hopgym.errors import ConfigError


def measured(memory, files=None):
    files = files or [3] * len(memory)
    prints = [Footprint(float(m), f, 1, 0) for m, f in zip(memory, files, strict=True)]
    return Soak(list(range(1, len(memory) + 1)), [1.0] * len(memory), prints)


def test_growth_counts_after_the_warm_up():
    assert measured([10, 90, 100, 100, 100, 100, 100, 100, 100, 100]).leaks == []
    grown = measured([10, 90, 100, 101, 102, 103, 104, 105, 106, 107])
    assert grown.growth == 7 and grown.leaks == ["7.0 MB"]
    assert measured([9] * 10, [3, 4, 4, 4, 4, 4, 4, 4, 4, 6]).leaks == ["2 files"]


@pytest.mark.slow
def test_a_leak_is_found(tmp_path, monkeypatch):
    kept = []
    leg = next(leg for leg in default_legs(tmp_path) if leg.name == "facts")
    real = module.Player.play

    def leaking(player, steps):
        kept.append("x" * 3_000_000 + str(len(kept)))
        return real(player, steps)

    assert soak([leg], 1_000, 5).leaks == []
    monkeypatch.setattr(module.Player, "play", leaking)
    assert any("MB" in leak for leak in soak([leg], 2_000, 10).leaks)


def test_the_command_writes_tables_and_files(tmp_path, capsys):
    files = ["--json", str(tmp_path / "s.json"), "--svg", str(tmp_path / "s.svg")]
    main(["--steps", "600", "--rounds", "3", "--legs", "facts", *files])
    assert "nothing leaks" in capsys.readouterr().out
    assert json.loads((tmp_path / "s.json").read_text())["steps"][-1] >= 600
    assert (tmp_path / "s.svg").read_text().lstrip().startswith("<?xml")
    with pytest.raises(ConfigError, match=r"There is no leg .nothing.\. Known: facts"):
        main(["--legs", "nothing"])


def test_tables_and_drawing_of_what_was_measured(tmp_path):
    found = measured([9] * 4)
    assert [table.title for table in tables(found)] == ["Played", "Held"]
    draw(found, tmp_path / "s.svg")
    assert "<svg" in (tmp_path / "s.svg").read_text()
