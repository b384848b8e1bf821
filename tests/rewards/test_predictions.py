import gzip
import json

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
    other = record.replace(b"the", b"no").replace(b'"a"', b'"b"')
    (tmp_path / "two.jsonl.gz").write_bytes(gzip.compress(record + other))
    assert score_predictions(read_predictions(tmp_path / "one.jsonl"), ["em"]) == {"em": 1.0}
    assert score_predictions(read_predictions(tmp_path / "two.jsonl.gz"), ["em"]) == {"em": 0.5}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": 1, "answers": ["x"]}', r"p.jsonl:2: field `prediction` .* is missing"),
        (
            '{"id": 1, "prediction": "x"}',
            r"p.jsonl:2: field `answers` .* is missing. Add it, or pass --gold FILE",
        ),
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
    with pytest.raises(DataError, match="There are no predictions"):
        score_predictions([])


@pytest.mark.parametrize("text", ["", "\n", "[]", "{}", '{"answer": {}}'])
def test_an_empty_file_is_an_error_with_and_without_gold(tmp_path, text):
    (tmp_path / "p.json").write_text(text)
    gold = write(tmp_path / "gold.jsonl", *GOLD)
    with pytest.raises(DataError, match=r"p.json holds no predictions: there is nothing to score"):
        read_predictions(tmp_path / "p.json", gold)
    if "answer" not in text:
        with pytest.raises(DataError, match=r"p.json holds no predictions"):
            read_predictions(tmp_path / "p.json")


def write(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


GOLD = [{"id": "a", "answer": "Ull"}, {"id": "b", "answer": "Orm", "answer_aliases": ["The Orm"]}]


def test_gold_is_joined_by_id_and_what_does_not_fit_is_told(tmp_path):
    gold = write(tmp_path / "gold.jsonl", *GOLD, {"id": 3, "answers": ["Vel"]}, GOLD[0])
    file = write(
        tmp_path / "p.jsonl",
        {"_id": "3", "prediction": "Vel", "answers": ["what the gold overrules"]},
        {"id": "b", "prediction": "the orm"},
        {"id": "b", "prediction": "the orm"},
        {"id": "z", "prediction": "strange"},
    )
    told = []
    predictions = read_predictions(file, gold, tell=told.append)
    assert [(p.id, p.predictions, p.answers) for p in predictions] == [
        ("a", (), ("Ull",)),
        ("b", ("the orm",), ("Orm", "The Orm")),
        ("3", ("Vel",), ("Vel",)),
    ]
    assert told == [
        f"1 id ('a') stands more than once in {gold}, each time the same; counted once.",
        f"1 id ('b') stands more than once in {file}, each time the same; counted once.",
        "1 of 3 questions have no prediction and score 0.",
        f"1 id ('z') stands not in {gold} and is left out.",
    ]


def test_gold_of_other_questions_is_refused(tmp_path):
    gold = write(tmp_path / "gold.jsonl", *GOLD)
    file = write(tmp_path / "p.jsonl", {"id": 7, "prediction": "Ull"})
    with pytest.raises(
        DataError, match=r"No prediction has an id of .*first is '7', the gold's 'a'"
    ):
        read_predictions(file, gold)
    with pytest.raises(DataError, match=r"p.jsonl:1: field `id` .* is missing"):
        read_predictions(write(file, {"prediction": "Ull"}), gold)


def test_an_id_that_stands_twice_counts_once_or_is_refused(tmp_path):
    record = {"id": "a", "prediction": "x", "answers": ["x"]}
    told = []
    file = write(tmp_path / "p.jsonl", record, record)
    assert len(read_predictions(file, tell=told.append)) == 1
    assert told == [
        f"1 id ('a') stands more than once in {file}, each time the same; counted once."
    ]
    gold = write(tmp_path / "gold.jsonl", *GOLD)
    write(
        file, record, {"id": "b", "prediction": "x", "answers": ["x"]}, record | {"prediction": 2}
    )
    for given in (None, gold):
        with pytest.raises(
            DataError, match=r"p.jsonl:3: the id 'a' stands at .*p.jsonl:1 already, with another"
        ):
            read_predictions(file, given)
    write(gold, *GOLD, {"id": "a", "answer": "Vel"})
    with pytest.raises(DataError, match=r"gold.jsonl:3: the id 'a' stands at .*gold.jsonl:1"):
        read_gold(gold)


def test_one_line_is_a_file_of_one_record(tmp_path):
    gold = write(tmp_path / "gold.jsonl", GOLD[0])
    assert read_gold(gold) == {"a": ("Ull",)}
    for record in ({"id": "a", "pred": "Ull"}, {"pred": "Ull", "answers": ["Ull"]}):
        file = write(tmp_path / "p.jsonl", record)
        with pytest.raises(DataError, match=r"p.jsonl:1: field `prediction` .* is missing"):
            read_predictions(file, gold)
        with pytest.raises(DataError, match=r"p.jsonl:1: field `prediction` .* is missing"):
            read_predictions(file)


def test_a_folder_is_named_as_one(tmp_path):
    file = write(tmp_path / "p.jsonl", {"id": "a", "prediction": "Ull"})
    for given in ((file, tmp_path), (tmp_path, None)):
        with pytest.raises(DataError, match="is a folder; predictions and gold are each one file"):
            read_predictions(*given)


def test_judged_says_what_it_needs(tmp_path):
    record = {"id": "a", "prediction": "Ull", "answers": ["Ull"]}
    file = write(tmp_path / "p.jsonl", record)
    with pytest.raises(
        ConfigError, match=r"verdict with each prediction, and 'a' has none. .*`gpt4o"
    ):
        score_predictions(read_predictions(file), ["judged"])
    write(file, record | {"gpt4o_output": "yes"})
    with pytest.raises(DataError, match=r"p.jsonl:1: field `gpt4o_output` .*\"False\", not 'yes'"):
        read_predictions(file)
    write(file, record | {"gpt4o_output": True})
    gold = write(tmp_path / "gold.jsonl", *GOLD)  # what is not answered is not right
    assert score_predictions(read_predictions(file, gold), ["judged"]) == {"judged": 0.5}


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_list_is_as_good_as_lines(tmp_path, indent):
    records = [{"id": "a", "prediction": "Ull"}, {"id": "b", "prediction": None}]
    (tmp_path / "p.json").write_text(json.dumps(records, indent=indent))
    (tmp_path / "g.json").write_text(json.dumps(GOLD, indent=indent))
    predictions = read_predictions(tmp_path / "p.json", tmp_path / "g.json")
    assert score_predictions(predictions, ["em"]) == {"em": 0.5}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,prediction\na,Ull\n", r"p is no JSON: it begins with 'id,prediction'.*a table \(CSV"),
        ({"results": [1]}, r"p is one JSON object, and 'results' holds \[1\] where an answer"),
        ({"answer": ["x"]}, r"p: `answer` must be an object of answers by id, not \['x'\]"),
    ],
    ids=["table", "results", "answer"],
)
def test_files_of_other_shapes_say_what_is_read(tmp_path, text, message, indent):
    gold = write(tmp_path / "gold.jsonl", *GOLD)
    (tmp_path / "p").write_text(text if isinstance(text, str) else json.dumps(text, indent=indent))
    with pytest.raises(DataError, match=message):
        read_predictions(tmp_path / "p", gold)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": "Ull"}', r"g is one JSON object with a. Gold is SQuAD's data file, or JSON lines"),
        ('{"data": [{"paragraphs": 3}]}', r"Gold is SQuAD's data file"),
        ("", "g holds no gold answers"),
        ("a\tb\n", r"g is no JSON: it begins with"),
    ],
)
def test_gold_of_other_shapes_says_what_is_read(tmp_path, text, message):
    (tmp_path / "g").write_text(text)
    with pytest.raises(DataError, match=message):
        read_gold(tmp_path / "g")
