import json

import pytest

from hopgym.benchmarks.fleet.__main__ import main

pytest.importorskip("simpy")
SMALL = ("--workers", "1", "50", "--replicas", "1", "2", "--seconds", "5", "--think", "0.1")


def test_tables_and_files(tmp_path, capsys):
    files = {kind: tmp_path / f"fleet.{kind}" for kind in ("json", "md", "svg")}
    flags = [part for kind, path in files.items() for part in (f"--{kind}", str(path))]
    assert main([*SMALL, "--fixed", "0.01", "--each", "0.005", *flags]) == 0
    rows = json.loads(files["json"].read_text())
    assert [(row["replicas"], row["workers"]) for row in rows] == [(1, 1), (1, 50), (2, 1), (2, 50)]
    assert [row["limit"] for row in rows] == ["workers", "retriever"] * 2
    assert "Workers" in capsys.readouterr().out
    assert files["md"].read_text().count("\n") == 6 and "2 replicas" in files["svg"].read_text()


def test_a_retriever_is_measured(capsys):
    world = "world?entities=120&train=40&dev=5&test=5"
    assert main(["--questions", world, "--retriever", "bm25", *SMALL]) == 0
    assert "A search takes" in capsys.readouterr().out


def test_bad_input_is_one_line(capsys):
    assert main(["--fixed", "0.1"]) == 2
    assert "--fixed and --each go together" in capsys.readouterr().err
