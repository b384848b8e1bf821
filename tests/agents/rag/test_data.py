import json

import pytest
from rag_runs import settings

from hopgym.agents.rag.data import Example, read_data, read_examples, read_set, recall
from hopgym.core import Document, Question
from hopgym.errors import ConfigError, UnknownNameError
from hopgym.files import write_jsonl

DOCUMENTS = [
    Document("a", "Ada Orm", "Ada Orm was born in Lyon."),
    Document("b", "Ada Orm, painter", "Ada Orm painted the Mere."),
    Document("c", "Kiel", "Kiel is a town. Nobody was born in it."),
]


def asked(**more):
    return Question("q", "Where was Ada Orm born?", ("Lyon",), **more)


def test_gold_passages_are_right_and_hits_without_the_answer_wrong():
    (known,) = read_examples([asked(document_ids=("a", "elsewhere"))], DOCUMENTS, 1)
    assert known == Example("Where was Ada Orm born?", "Lyon", (0,), known.negatives)
    assert known.negatives in ((1,), (2,))
    (two,) = read_examples([asked(document_ids=("b",))], DOCUMENTS, 5)
    assert two.positives == (1,) and two.negatives == (2,)  # the first has the answer: not wrong


def test_where_no_gold_is_known_the_first_hit_with_the_answer_is_right():
    (found,) = read_examples([asked()], DOCUMENTS, 2)
    assert found.positives == (0,) and set(found.negatives) == {1, 2}
    (none,) = read_examples([Question("q", "Where is the Mere?", ("Oslo",))], DOCUMENTS, 0)
    assert none.positives == () == none.negatives


def test_an_answer_is_found_as_whole_words():
    (found,) = read_examples([Question("q", "Where is Kiel?", ("own",))], DOCUMENTS, 3)
    assert found.positives == ()
    assert recall(DOCUMENTS, Question("q", "?", ("own",))) == 0.0
    assert recall(DOCUMENTS[:1], Question("q", "?", ("the LYON!", "x"))) == 1.0


def test_the_world_is_divided_as_it_says(tmp_path):
    data = read_data(settings(tmp_path, limit=5, eval_episodes=3))
    assert len(data.trained) == 5 and len(data.held) == 3 and data.told.startswith("Held out: 4 ")
    none = read_data(settings(tmp_path, eval_questions="none"))
    assert none.held == () and "No questions were held out" in none.told


def plain_file(folder, count=20):
    write_jsonl(folder / "documents.jsonl", DOCUMENTS)
    rows = [{"id": str(n), "question": f"What is {n}?", "answer": f"{n}"} for n in range(count)]
    write_jsonl(folder / "plain.jsonl", rows)
    return f"{folder / 'plain.jsonl'}?documents={folder / 'documents.jsonl'}"


def test_a_share_of_a_file_is_held_out(tmp_path):
    data = read_data(settings(tmp_path, dataset_name=plain_file(tmp_path), eval_share=0.25))
    assert (len(data.trained), len(data.held)) == (15, 5) and len(data.documents) == 3
    assert data.told == "Held out: 5 of 20 questions of plain train."


def test_what_is_asked_on_both_sides_is_not_trained_on(tmp_path):
    folder = tmp_path / "set"
    write_jsonl(folder / "documents.jsonl", DOCUMENTS)
    rows = [{"id": str(n), "question": f"What is {n}?", "answer": "x"} for n in range(4)]
    write_jsonl(folder / "questions/train.jsonl", rows)
    write_jsonl(folder / "questions/dev.jsonl", [{**rows[0], "id": "other"}])
    data = read_data(settings(tmp_path, dataset_name=str(folder)))
    assert [each.id for each in data.trained] == ["1", "2", "3"]
    assert data.told.endswith("1 of set train ask the same, and are not trained on.")


def test_a_set_of_the_datasets_library_is_read_by_its_name(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    row = {"title": "T", "context": "Ada was born in Lyon.", "question": "Where?"}
    row["answers"] = {"text": ["Lyon"], "answer_start": [16]}
    for split in ("train", "validation"):
        (tmp_path / "hub").mkdir(exist_ok=True)
        line = {**row, "question": f"Where, in {split}?"}
        (tmp_path / f"hub/{split}.jsonl").write_text(json.dumps(line) + "\n")
    made = read_set(str(tmp_path / "hub"))
    assert made.splits == ("train", "dev") and len(made.documents) == 1
    data = read_data(settings(tmp_path, dataset_name=str(tmp_path / "hub")))
    assert data.trained[0].text == "Where, in train?" and data.held[0].answers == ("Lyon",)


def test_a_set_without_documents_and_an_unknown_one_are_told(tmp_path):
    rows = plain_file(tmp_path).partition("?")[0]
    with pytest.raises(ConfigError, match=r"plain brings no documents .* '\?documents=FILE'"):
        read_data(settings(tmp_path, dataset_name=rows))
    with pytest.raises(UnknownNameError, match=r"Unknown question set 'squat'.*'squad'"):
        read_set("squat")
    with pytest.raises(ConfigError, match="no split 'tran'"):
        read_data(settings(tmp_path, split="tran"))
