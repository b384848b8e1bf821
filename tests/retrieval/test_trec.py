import gzip
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.core import Document, Question
from hopgym.errors import ConfigError, DataError
from hopgym.retrieval.base import Hits
from hopgym.retrieval.metrics import evaluate_rankings
from hopgym.retrieval.trec import (
    make_qrels,
    make_run,
    rankings,
    read_qrels,
    read_run,
    write_qrels,
    write_run,
)

pytrec_eval = pytest.importorskip("pytrec_eval")

IDS = st.sampled_from(["a", "B", "10", "9", "é", "zz", "a-b", "日本"])
SCORES = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 2.5]),
    st.floats(-1e6, 1e6),
    st.sampled_from([1.0 + 1e-12, 1e-30, 16777217.0, 16777216.0]),  # equal in single precision
)
ROWS = st.dictionaries(IDS, SCORES, min_size=1)
RUNS = st.dictionaries(IDS, ROWS, min_size=1, max_size=3)
QRELS = st.dictionaries(IDS, st.dictionaries(IDS, st.integers(0, 3), min_size=1), min_size=1)


def sorted_rows(run):
    return {q: sorted(row.items(), key=lambda pair: -pair[1]) for q, row in run.items()}


def by_trec_eval(run, qrels):
    """Average precision and the reciprocal rank of each query that both have."""
    judge = pytrec_eval.RelevanceEvaluator(qrels, {"map", "recip_rank"})
    return judge.evaluate(run)


@given(run=RUNS)
def test_a_run_is_read_in_the_order_it_was_written(tmp_path_factory, run):
    path = tmp_path_factory.mktemp("trec") / "run.txt"
    given_ = sorted_rows(run)
    assert write_run(path, given_, tag="us") == sum(map(len, run.values()))
    read = read_run(path)
    assert rankings(read) == rankings(given_)
    for query, row in given_.items():
        for (_, before), (_, after) in zip(row, read[query], strict=True):
            assert after == pytest.approx(before, rel=1e-6, abs=1e-30)


@given(run=RUNS, qrels=QRELS)
def test_trec_eval_reads_the_order_that_was_written(tmp_path_factory, run, qrels):
    path = tmp_path_factory.mktemp("trec") / "run.txt"
    given_ = sorted_rows(run)
    write_run(path, given_)
    with open(path, encoding="utf-8") as stream:
        theirs = by_trec_eval(pytrec_eval.parse_run(stream), qrels)
    ours = evaluate_rankings(rankings(given_), qrels, [100])
    for query, values in theirs.items():
        assert ours.of("map@100")[query] == pytest.approx(values["map"])
        assert ours.of("mrr@100")[query] == pytest.approx(values["recip_rank"])


@given(run=RUNS, qrels=QRELS)
def test_foreign_runs_are_ordered_as_trec_eval_orders_them(tmp_path_factory, run, qrels):
    path = tmp_path_factory.mktemp("trec") / "run.txt"
    lines = [f"{q} Q0 {d} 1 {s!r} x\n" for q, row in run.items() for d, s in row.items()]
    path.write_text("".join(lines), encoding="utf-8")
    ours = evaluate_rankings(rankings(read_run(path)), qrels, [100])
    for query, values in by_trec_eval(run, qrels).items():
        assert ours.of("map@100")[query] == pytest.approx(values["map"])
        assert ours.of("mrr@100")[query] == pytest.approx(values["recip_rank"])


def test_the_rank_column_does_not_matter(tmp_path):
    (tmp_path / "run").write_text("q Q0 a 1 0.5 x\nq\tQ0\tb\t7  0.9 x\n\nq Q0 c no 0.5 x\n")
    assert read_run(tmp_path / "run") == {"q": [("b", 0.9), ("c", 0.5), ("a", 0.5)]}


@given(qrels=QRELS)
def test_qrels_are_read_as_written(tmp_path_factory, qrels):
    path = tmp_path_factory.mktemp("trec") / "qrels.gz"
    assert write_qrels(path, qrels) == sum(map(len, qrels.values()))
    assert read_qrels(path) == qrels
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        assert pytrec_eval.parse_qrel(stream) == qrels


def test_hits_and_questions_become_runs_and_qrels(tmp_path):
    ada, bob = Document("a", "", ""), Document("b", "", "")
    run = make_run(["q1", "q2"], Hits([[bob, ada], []], [[2.0, 2.0], []]))
    assert run == {"q1": [("b", 2.0), ("a", 2.0)], "q2": []}
    write_run(tmp_path / "run", run)
    assert (tmp_path / "run").read_text() == ("q1 Q0 b 1 2.0 hopgym\nq1 Q0 a 2 1.9999999 hopgym\n")
    qrels = make_qrels([Question("q1", "?", ("x",), document_ids=("a", "b"))])
    assert qrels == {"q1": {"a": 1, "b": 1}}
    with pytest.raises(ConfigError, match="1 query ids were given for the hits of 2 queries"):
        make_run(["q1"], Hits([[], []], [[], []]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q Q0 a 1 0.5\n", r"bad:1: has 5 fields, not 6: 'query Q0 document rank score tag'"),
        ("q Q0 a 1 0.5 x\nq Q0 a 2 0.4 x\n", r"bad:2: query 'q' has 'a' twice"),
        ("q Q0 a 1 high x\n", r"bad:1: the score is 'high'; give a number"),
        ("q Q0 a 1 nan x\n", r"bad:1: the score is 'nan'"),
    ],
)
def test_bad_runs_are_refused(tmp_path, text, message):
    (tmp_path / "bad").write_text(text)
    with pytest.raises(DataError, match=message):
        read_run(tmp_path / "bad")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nq 0 a 1 x\n", r"bad:2: has 5 fields, not 4: 'query 0 document grade'"),
        ("q 0 a 1\nq 0 a 0\n", r"bad:2: query 'q' judges 'a' twice"),
        ("q 0 a 0.5\n", r"bad:1: the grade is '0.5'; give a whole number"),
    ],
)
def test_bad_qrels_are_refused(tmp_path, text, message):
    (tmp_path / "bad").write_text(text)
    with pytest.raises(DataError, match=message):
        read_qrels(tmp_path / "bad")


def test_files_that_are_missing_or_not_utf8_are_refused(tmp_path):
    with pytest.raises(DataError, match="No file"):
        read_run(tmp_path / "none")
    (tmp_path / "latin").write_bytes(b"q 0 a 1\nq 0 \xe9 1\n")
    with pytest.raises(DataError, match="latin:2: not UTF-8"):
        read_qrels(tmp_path / "latin")


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({"q": [("a b", 1.0)]}, "'a b' cannot stand in a TREC file"),
        ({"": [("a", 1.0)]}, "'' cannot stand in a TREC file"),
        ({"q": [("\ud800", 1.0)]}, "cannot stand in a TREC file.*valid Unicode"),
        ({"q": [("a", math.nan)]}, "'q': 'a' has the score nan; give a number"),
        ({"q": [("a", 1e300)]}, "has the score 1e\\+300"),
        ({"q": [("a", 1.0), ("b", 2.0)]}, r"'b' scores 2.0, more than the one before it \(1.0\)"),
    ],
)
def test_what_cannot_be_written_is_refused_and_the_old_file_stays(tmp_path, run, message):
    path = tmp_path / "run"
    path.write_text("old")
    with pytest.raises(ConfigError, match=message):
        write_run(path, run)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_many_equal_scores_keep_their_order(tmp_path):
    row = [(f"d{n:05}", 3.0) for n in np.random.default_rng(0).permutation(5_000)]
    write_run(tmp_path / "run", {"q": row})
    read = read_run(tmp_path / "run")["q"]
    assert [document for document, _ in read] == [document for document, _ in row]
    assert min(score for _, score in read) > 2.99


def test_defect_two_queries_of_one_id_are_refused():
    """A hundred rankings of one id became one without a word."""
    with pytest.raises(ConfigError, match=r"query id 'x' was given twice.*an id of its own"):
        make_run(["x", "y", "x"], Hits([[], [], []], [[], [], []]))
    with pytest.raises(ConfigError, match="query_ids is one string, 'xy'; give a list"):
        make_run("xy", Hits([[], []], [[], []]))


def test_defect_a_place_that_cannot_be_written_is_no_bare_system_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match=r"is a folder\. Give the name of a file"):
        write_run(tmp_path, {})
    with pytest.raises(DataError, match=r"file is a file; give a path below a folder"):
        write_qrels(tmp_path / "file" / "a.qrels", {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]
