import gzip
import json

import pytest

from hopgym.errors import DataError
from hopgym.rewards.judges.base import Claim
from hopgym.rewards.judges.verdicts import read_verdicts

PLAIN = {"question": "Who?", "prediction": "Ada", "answers": ["Ada", "Orm"], "verdict": True}


@pytest.fixture
def write(tmp_path):
    def write(*records):
        file = tmp_path / "v.jsonl"
        file.write_text("".join(json.dumps(record) + "\n" for record in records))
        return file

    return write


def test_both_shapes_are_read(write):
    r1 = {"question": "Who?", "answer": "Ada", "pred_ans": " Orm ", "gpt4o_output": "False"}
    plain, other = read_verdicts(write(PLAIN, r1))
    assert plain.claim == Claim("Who?", "Ada", ("Ada", "Orm")) and plain.verdict == 1
    assert other.claim == Claim("Who?", " Orm ", ("Ada",)) and other.verdict == 0
    assert other.where.endswith("v.jsonl:2")


def test_a_published_file(shared_data):
    judged = read_verdicts(shared_data / "predictions/r1_searcher/hotpotqa_qwen.jsonl.gz")
    assert len(judged) == 500
    assert sum(one.verdict for one in judged) / 500 == 0.750  # ACC_L, as published


@pytest.mark.parametrize(
    ("verdict", "value"),
    [(True, 1), (False, 0), ("True", 1), (" false ", 0), (0, 0), (1, 1), (0.25, 0.25)],
)
def test_verdicts_of_any_kind(write, verdict, value):
    assert read_verdicts(write({**PLAIN, "verdict": verdict}))[0].verdict == value


def test_types_missing_answers_and_compression(tmp_path):
    record = {**PLAIN, "type": "multi", "prediction": None, "answers": 5}
    file = tmp_path / "v.jsonl.gz"
    file.write_bytes(gzip.compress(json.dumps(record).encode() + b"\n\n"))
    assert read_verdicts(file)[0].claim == Claim("Who?", "", ("5",), "multi")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"verdict": "maybe"}, r"v.jsonl:2: field `verdict` must be a number from 0 to 1.*'maybe'"),
        ({"verdict": 2}, "field `verdict` must be a number from 0 to 1.*not 2"),
        ({"verdict": None}, "field `verdict` must be"),
        ({"question": 1 < 2}, "field `question` must be text, not True"),
        ({"prediction": ["Ada"]}, "field `prediction` must be text"),
        ({"answers": []}, "field `answers` must be text, or a list of one or more"),
        ({"answers": [None]}, "field `answers` must be text"),
        ({"type": "essay"}, "field `type` is 'essay'; it is one of: fact, cause, multi"),
        ({"type": ["fact"]}, "field `type` is"),
    ],
)
def test_bad_fields_are_named(write, change, message):
    with pytest.raises(DataError, match=message):
        read_verdicts(write(PLAIN, {**PLAIN, **change}))


def test_missing_fields_and_odd_records_are_named(write):
    short = {name: value for name, value in PLAIN.items() if name != "verdict"}
    with pytest.raises(DataError, match=r"field `verdict` or `gpt4o_output` is missing.*question"):
        read_verdicts(write(short))
    with pytest.raises(DataError, match=r"v.jsonl:1: a record must be a JSON object, not list"):
        read_verdicts(write([1]))
    with pytest.raises(DataError, match="holds no verdicts"):
        read_verdicts(write())
