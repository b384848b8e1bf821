import gzip
import json

import pytest

from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.drafts import passage_id
from hopgym.envs.datasets.squad import NO_ANSWER, load_squad
from hopgym.errors import ConfigError, DataError
from hopgym.files import write_jsonl


def paragraph(article, n, **more):
    row = {
        "id": f"{article}-{n}",
        "question": f"What is {article} {n}?",
        "answers": [{"text": f"{n}", "answer_start": 0}, {"text": f"{n}", "answer_start": 0}],
    }
    return {"context": f" {n} is in {article}. ", "qas": [{**row, **more}]}


def official(articles=5, paragraphs=2, **more):
    data = [
        {
            "title": f"Old_Town_{a}",
            "paragraphs": [paragraph(a, n, **more) for n in range(paragraphs)],
        }
        for a in range(articles)
    ]
    return {"version": "1.1", "data": data}


@pytest.fixture
def file(tmp_path):
    (tmp_path / "dev.json.gz").write_bytes(gzip.compress(json.dumps(official()).encode()))
    return tmp_path / "dev.json.gz"


def test_an_official_file_is_told_by_its_shape_and_divided_by_article(file):
    made = make_questions(file)
    assert (made.name, made.splits, len(made.documents)) == ("squad", ("train", "dev"), 10)
    articles = {s: {q.metadata["article"] for q in made.questions(s)} for s in made.splits}
    assert (len(articles["train"]), len(articles["dev"])) == (4, 1)
    assert not articles["train"] & articles["dev"]
    question = made.questions("train")[0]
    assert question.answers == ("0",)
    gold = made.documents.by_id(question.document_ids[0])
    assert gold.title.startswith("Old Town ") and gold.text.startswith("0 is in ")
    assert gold.id == passage_id(gold.title, gold.text)
    assert make_questions(file).fingerprint == make_questions(str(file)).fingerprint


def test_it_may_stay_whole_or_have_three_parts(file):
    whole = make_questions(f"{file}?split=dev")
    assert whole.splits == ("dev",) and len(whole.questions("dev")) == 10
    three = make_questions(f"{file}?dev=0.2&test=0.4")
    assert {s: len(three.questions(s)) for s in three.splits} == {"train": 4, "dev": 2, "test": 4}
    assert load_squad(file, dev=0).splits == ("train",)
    assert len(load_squad(file, split="x", limit=3).questions("x")) == 3


@pytest.mark.parametrize("indent", [None, 1])
def test_it_may_be_laid_out_over_lines(tmp_path, indent):
    (tmp_path / "s.json").write_text(json.dumps(official(), indent=indent))
    assert len(load_squad(tmp_path / "s.json").questions("train")) == 8


def test_plain_texts_for_answers_and_rows_of_the_hub_read_the_same(tmp_path, file):
    whole = load_squad(file, split="train")
    plain = official(answers=["0", "1"])
    (tmp_path / "plain.json").write_text(json.dumps(plain))
    made = make_questions(tmp_path / "plain.json", split="train")
    assert made.questions("train")[0].answers == ("0", "1")
    rows = [
        {
            "id": q["id"], "title": a["title"], "context": p["context"], "question": q["question"],
            "answers": {"text": [e["text"] for e in q["answers"]], "answer_start": [0, 0]},
        }
        for a in official()["data"] for p in a["paragraphs"] for q in p["qas"]
    ]  # fmt: skip
    write_jsonl(tmp_path / "rows.jsonl", rows)
    assert make_questions(tmp_path / "rows.jsonl", split="train").fingerprint == whole.fingerprint


def test_questions_without_an_answer_are_left_out_or_answered_so(tmp_path):
    held = official(answers=[], is_impossible=True)
    held["data"][0]["paragraphs"][0]["qas"][0]["answers"] = [{"text": "x"}]
    held["data"][0]["paragraphs"][0]["qas"][0]["is_impossible"] = False
    (tmp_path / "two.json").write_text(json.dumps(held))
    made = load_squad(tmp_path / "two.json", split="train")
    assert [q.answers for q in made.questions("train")] == [("x",)] and len(made.documents) == 1
    kept = make_questions(f"{tmp_path / 'two.json'}?answers_only=false&split=train")
    answers = [q.answers for q in kept.questions("train")]
    assert answers[0] == ("x",) and answers[1:] == [(NO_ANSWER,)] * 9


def test_gold_is_found_again_in_a_corpus_of_one_s_own(tmp_path, file):
    write_jsonl(
        tmp_path / "pool.jsonl",
        [{"id": f"p{n}", "title": "Old Town 0", "text": f"{n} is in 0."} for n in (1, 0)],
    )
    made = load_squad(file, split="train", documents=tmp_path / "pool.jsonl")
    assert [q.document_ids for q in made.questions("train")[:2]] == [("p0",), ("p1",)]


def test_the_hub_s_splits_become_train_and_dev(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    for split in ("train", "validation"):
        row = {"id": f"{split}1", "title": "A_B", "context": f"In {split}.", "question": "Where?"}
        row["answers"] = {"text": [split], "answer_start": [3]}
        (tmp_path / "hub").mkdir(exist_ok=True)
        (tmp_path / f"hub/{split}.jsonl").write_text(json.dumps(row) + "\n")
    made = make_questions(f"squad?hub_name={tmp_path / 'hub'}")
    assert (made.name, made.splits, len(made.documents)) == ("squad", ("train", "dev"), 2)
    assert made.questions("dev")[0].answers == ("validation",)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"dev": "much"}, "dev is 'much'; it is a share of articles"),
        ({"dev": 0.5, "test": 0.5}, "leave no articles to train on"),
        ({"answers_only": "perhaps"}, "answers_only is 'perhaps'; it may be true or false"),
    ],
)
def test_bad_options_are_told(file, options, match):
    with pytest.raises(ConfigError, match=match):
        load_squad(file, **options)


def test_a_bad_record_is_told_by_its_place(tmp_path):
    held = official()
    held["data"][1]["paragraphs"][0]["qas"][0].pop("question")
    (tmp_path / "bad.json").write_text(json.dumps(held))
    where = r"bad\.json article 2 paragraph 1 question 1: field `question` is missing"
    with pytest.raises(DataError, match=where):
        load_squad(tmp_path / "bad.json")
    with pytest.warns(UserWarning, match="1 bad record was skipped"):
        assert len(load_squad(tmp_path / "bad.json", strict=False, dev=0).questions("train")) == 9
