import gzip

import pytest

from hopgym.errors import ConfigError, DataError, UnknownNameError
from hopgym.rewards.predictions import read_gold, read_predictions, score_predictions

R1 = "predictions/r1_searcher"
GNN = "webqsp_cwq/gnn_rag/{}/rearev-sbert/RoG-webqsp/RoG/test/detailed_eval_result.jsonl.gz"


@pytest.mark.parametrize(
    ("name", "em", "f1"),
    [("BERT_ensemble", 86.206, 92.196), ("Logistic_Regression_Baseline", 40.142, 50.982)],
)
def test_squads_published_figures(shared_data, name, em, f1):
    folder = shared_data / "squad"
    predictions = read_predictions(
        folder / f"predictions/1.1__{name}.json.gz", folder / "dev-v1.1_from_explorer.json.gz"
    )
    scores = score_predictions(predictions, ["em", "f1_squad"])
    assert len(predictions) == 10_570
    assert scores == pytest.approx({"em": em / 100, "f1_squad": f1 / 100}, abs=5e-6)


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("hotpotqa_qwen", {"bag_cover": 0.654, "judged": 0.750, "em": 0.576, "f1": 0.713}),
        ("2wiki_qwen", {"bag_cover": 0.636, "judged": 0.650, "em": 0.554, "f1": 0.632}),
        ("bamboogle_qwen", {"bag_cover": 0.528, "judged": 0.544, "em": 0.456, "f1": 0.573}),
    ],
)
def test_r1_searchers_published_figures(shared_data, name, published):
    predictions = read_predictions(shared_data / R1 / f"{name}.jsonl.gz")
    assert score_predictions(predictions, list(published)) == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize(
    ("name", "hit", "hit_at_1", "f1"),
    [("KGQA-GNN-RAG", 85.688, 80.590, 71.283), ("KGQA-GNN-RAG-RA", 90.72, 82.80, 73.49)],
)
def test_gnn_rags_published_figures(shared_data, name, hit, hit_at_1, f1):
    scores = score_predictions(
        read_predictions(shared_data / GNN.format(name)), ["hit", "hit_at_1", "list_f1"]
    )
    published = {"hit": hit / 100, "hit_at_1": hit_at_1 / 100, "list_f1": f1 / 100}
    assert scores == pytest.approx(published, abs=5e-5)


def test_hotpotqas_official_shape_needs_the_gold(tmp_path):
    (tmp_path / "pred.json").write_text('{"answer": {"a": "Tessa"}, "sp": {"a": []}}')
    with pytest.raises(ConfigError, match="pass --gold FILE"):
        read_predictions(tmp_path / "pred.json")
    (tmp_path / "gold.jsonl").write_text(
        '{"_id": "a", "answer": "Tessa"}\n{"_id": "b", "answer": "Ull"}\n'
    )
    assert set(read_gold(tmp_path / "gold.jsonl")) == {"a", "b"}
    predictions = read_predictions(tmp_path / "pred.json", tmp_path / "gold.jsonl")
    assert score_predictions(predictions, ["em"]) == {"em": 0.5}  # the missing one counts


def test_our_own_shape_on_one_line_and_gzipped(tmp_path):
    record = b'{"id": "a", "prediction": "the Ull", "answers": ["Ull", "River Ull"]}\n'
    (tmp_path / "one.jsonl").write_bytes(record)
    (tmp_path / "two.jsonl.gz").write_bytes(gzip.compress(record + record.replace(b"the", b"no")))
    assert score_predictions(read_predictions(tmp_path / "one.jsonl"), ["em"]) == {"em": 1.0}
    assert score_predictions(read_predictions(tmp_path / "two.jsonl.gz"), ["em"]) == {"em": 0.5}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": 1, "answers": ["x"]}', r"p.jsonl:2: field `prediction` is missing"),
        ('{"id": 1, "prediction": "x"}', r"p.jsonl:2: field `answers` is missing"),
        ('{"prediction": "x", "answers": [null]}', r"p.jsonl:2: an answer must be text"),
        ("[1]", r"p.jsonl:2: a record must be a JSON object"),
        ("{", r"p.jsonl:2: not JSON"),
    ],
)
def test_a_bad_record_is_named(tmp_path, line, message):
    good = '{"prediction": "x", "answers": ["x"]}'
    (tmp_path / "p.jsonl").write_text(f"{good}\n{line}\n{good}\n")
    with pytest.raises(DataError, match=message):
        read_predictions(tmp_path / "p.jsonl")


def test_unknown_metrics_and_empty_files_are_named(tmp_path):
    with pytest.raises(UnknownNameError, match="Did you mean 'em'"):
        score_predictions([], ["eem"])
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(DataError, match="no predictions"):
        score_predictions(read_predictions(tmp_path / "empty.jsonl"))
