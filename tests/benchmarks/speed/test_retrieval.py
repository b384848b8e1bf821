import json

import pytest
from rich.console import Console

from hopgym.benchmarks.speed.contenders import CONTENDERS
from hopgym.benchmarks.speed.retrieval import BESIDE, SLOW, Speed, main, measure, ratio, show


@pytest.mark.slow
def test_a_small_run_from_the_command_line(tmp_path, capsys):
    file = tmp_path / "speed.json"
    names = ["hopgym bm25, NumPy", "bm25s, NumPy"]
    main(
        [
            "--sizes",
            "150",
            "--only",
            *names,
            "--rounds",
            "2",
            "--seconds",
            "0.01",
            "--json",
            str(file),
        ]
    )
    ours, bare = json.loads(file.read_text())["speeds"]
    assert [ours["name"], bare["name"]] == names
    for speed in (ours, bare):
        assert speed["failure"] == "" and len(speed["batches"]) == 2 and speed["singles"]
        assert speed["index_mb"] > 0 and speed["load_s"] > 0 and speed["first_s"] > 0
    assert "hopgym bm25, NumPy" in capsys.readouterr().out


def test_the_slow_stay_away_from_large_sizes():
    assert measure(max(SLOW.values()) + 1, list(SLOW), rounds=1) == []


def test_ratios_are_taken_round_by_round():
    ours = Speed("a", 10, batches=[10.0, 30.0, 40.0])
    assert ratio(ours, Speed("b", 10, batches=[10.0, 10.0, 10.0])) == 3.0
    assert ratio(ours, Speed("b", 10)) is None
    assert ours.per_second == 30.0 and ours.percentile(50) is None


def test_a_failure_is_a_row_that_says_so():
    console = Console(width=150)
    with console.capture() as captured:
        console.print(show([Speed("tantivy", 10, failure="ModuleNotFoundError: no tantivy")]))
    assert "ModuleNotFoundError: no tantivy" in captured.get()


def test_everyone_of_ours_is_compared_with_a_bare_library():
    ours = {name for name in CONTENDERS if name.startswith("hopgym")}
    assert ours == set(BESIDE) and set(BESIDE.values()) <= set(CONTENDERS)


def test_an_unknown_name_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "lucene"])
    assert "invalid choice: 'lucene'" in capsys.readouterr().err
