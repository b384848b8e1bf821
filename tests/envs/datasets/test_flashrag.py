import gzip
import json

import pytest

from hopgym.core import Question
from hopgym.envs.datasets.flashrag import load_flashrag
from hopgym.errors import DataError
from hopgym.files import write_jsonl

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

RECORDS = [
    {
        "id": "train_0",
        "question": "total number of death row inmates?",
        "golden_answers": ["2,718", "2718 "],
        "metadata": {"type": "count", "level": "easy"},
    },
    {"id": "train_1", "question": "who?", "golden_answers": ["Ada"], "metadata": {"type": None}},
    {"id": 2, "question": "where?", "golden_answers": "Ull", "metadata": None},
]
QUESTIONS = (
    Question(
        "train_0",
        "total number of death row inmates?",
        ("2,718", "2718"),
        type="count",
        metadata={"type": "count", "level": "easy"},
    ),
    Question("train_1", "who?", ("Ada",), metadata={"type": None}),
    Question("2", "where?", ("Ull",)),
)


@pytest.mark.parametrize("name", ["nq.jsonl", "nq.jsonl.gz", "nq.json", "nq.json.gz"])
def test_every_field(tmp_path, name):
    if "jsonl" in name:
        write_jsonl(tmp_path / name, RECORDS)
    else:
        text = json.dumps(RECORDS, indent=1).encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    made = load_flashrag(tmp_path / name, split="test")
    assert (made.name, made.splits, len(made.documents)) == ("flashrag", ("test",), 0)
    assert made.questions("test") == QUESTIONS


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": None}, "f.jsonl:2: field `id` is missing"),
        ({"question": " "}, "f.jsonl:2: field `question` must be text, not ' '"),
        ({"golden_answers": []}, r"f.jsonl:2: field `golden_answers` must be text or a list"),
        ({"golden_answers": None}, "f.jsonl:2: field `golden_answers` is missing"),
        ({"id": "train_0"}, r"f.jsonl:2: id 'train_0' stands at .*f.jsonl:1 already"),
    ],
)
def test_a_bad_record_is_named_or_skipped(tmp_path, change, message):
    write_jsonl(tmp_path / "f.jsonl", [RECORDS[0], {**RECORDS[1], **change}, RECORDS[2]])
    with pytest.raises(DataError, match=f"{message}.* Mend it, or pass strict=False"):
        load_flashrag(tmp_path / "f.jsonl")
    made = load_flashrag(tmp_path / "f.jsonl", strict=False)
    assert made.questions("train") == QUESTIONS[::2]
    assert len(made.skipped) == 1
