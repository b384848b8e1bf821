import json
import urllib.request

import pytest
from rich.console import Console

from hopgym.benchmarks.speed.load import drive
from hopgym.benchmarks.speed.serve import main, measure, serving, show
from hopgym.errors import RetrievalError
from hopgym.retrieval.server.limits import Limits


@pytest.fixture(scope="module")
def served():
    with serving("bm25", 200) as served:
        yield served


def test_two_servers_give_the_same_right_answers(served):
    assert served.batched != served.unbatched
    limits = [
        json.load(urllib.request.urlopen(f"{url}/info"))["limits"]["max_batch"]
        for url in (served.batched, served.unbatched)
    ]
    assert limits == [Limits().max_batch, 1]
    for url in (served.batched, served.unbatched):
        load = drive(f"{url}/retrieve", served.exchanges, clients=8, seconds=0.3)
        assert load.clean and load.sent > 8


def test_what_is_asked_finds_something(served):
    rows = [json.loads(exchange.reply)["result"] for exchange in served.exchanges]
    assert sum(bool(row[0]) for row in rows) > 0.9 * len(rows)
    assert len({exchange.reply for exchange in served.exchanges}) > 0.9 * len(rows)


def test_a_retriever_that_cannot_be_made_is_an_error(capfd):
    with (
        pytest.raises(RetrievalError, match="to serve 'no_such' ended early"),
        serving("no_such", 5),
    ):
        pass


def test_a_small_measurement_makes_a_table_and_a_file(tmp_path, capsys):
    path = tmp_path / "serve.json"
    arguments = "--seconds 0.4 --rounds 2 --clients 4 --documents 50 --retrievers empty --json"
    main([*arguments.split(), str(path)])
    report = json.loads(path.read_text())
    (row,) = report["rows"]
    assert (report["clients"], report["documents"], report["rounds"]) == (4, 50, 2)
    assert row["retriever"] == "empty" and row["answers"] > 8 and row["ratio"] > 0
    assert row["wrong"] == row["lost"] == row["failures"] == 0
    assert row["batched"]["batch"] >= row["unbatched"]["batch"] == 1
    assert "4 clients, 50 documents" in capsys.readouterr().out


@pytest.mark.parametrize(
    "option", [["--seconds", "0"], ["--seconds", "-1"], ["--clients", "0"], ["--documents", "1.5"]]
)
def test_bad_options_are_refused(option, capsys):
    with pytest.raises(SystemExit):
        main(option)
    assert "is no" in capsys.readouterr().err


@pytest.mark.slow
def test_a_vector_search_is_served_without_a_fault():
    report = measure(["dense?encoder=hashing?dim=384"], seconds=20, rounds=2)
    (row,) = report.rows
    console = Console(width=140)
    console.print(show(report))
    assert row.wrong == row.lost == row.failures == 0
    assert row.ratio > 0
