import json

import pytest

from hopgym.envs.datasets import make_questions
from hopgym.errors import DataError

datasets = pytest.importorskip("datasets")


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def hub(folder, **splits):
    (folder / "hub").mkdir()
    for split, rows in splits.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"hub/{split}.jsonl").write_text(lines)
    return f"hub?name={folder / 'hub'}"


def test_all_splits_are_read_and_ids_made_where_there_are_none(tmp_path):
    row = {"question": "Who?", "answer": "Ada"}
    spec = hub(tmp_path, train=[row, {**row, "question": "Where?"}], validation=[row], test=[row])
    made = make_questions(spec)
    assert made.splits == ("train", "dev", "test") and not made.documents
    assert [q.id for q in made.questions("train")] == ["1", "2"]
    assert [made.questions(s)[0].id for s in ("dev", "test")] == ["dev:1", "test:1"]
    assert made.questions("dev")[0].answers == ("Ada",)


def test_paragraphs_become_the_corpus(tmp_path):
    row = {"id": 7, "question": "Who?", "context": "Ada did.", "answers": {"text": ["Ada"]}}
    made = make_questions(hub(tmp_path, train=[row]))
    (question,) = made.questions("train")
    assert question.document_ids == (made.documents[0].id,) and made.documents[0].text == "Ada did."


def test_columns_of_other_names_are_named(tmp_path):
    row = {"prompt": "Who?", "gold": ["Ada", "Orm"], "passage": "Ada did."}
    spec = hub(tmp_path, train=[row, {**row, "gold": []}])
    named = f"{spec}&question=prompt&answer=gold&context=passage"
    made = make_questions(named)
    assert made.questions("train")[0].answers == ("Ada", "Orm") and len(made.documents) == 1
    with pytest.raises(DataError, match=r"columns prompt, gold, passage; .*question=COLUMN"):
        make_questions(spec)
    with pytest.raises(DataError, match="'prompt' and 'silver' are needed"):
        make_questions(f"{spec}&question=prompt&answer=silver")


def test_what_cannot_be_had_is_told(tmp_path):
    with pytest.raises(DataError, match=r"none \(default, all splits\) could not be loaded"):
        make_questions(f"hub?name={tmp_path / 'none'}")
