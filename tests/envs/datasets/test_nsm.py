import json

import pytest

from hopgym.core import Fact, Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.nsm import load_nsm
from hopgym.errors import DataError
from hopgym.files import write_jsonl

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

RECORD = {
    "id": "WebQTest-0",
    "question": "what does jamaican people speak ?",
    "entities": [0],
    "answers": [{"kb_id": "m.01428y", "text": "Jamaican English"}],
    "subgraph": {
        "tuples": [[0, 0, 1], [0, 0, 1], [1, 1, 2], [0, 1, 1], [2, 0, 2]],
        "entities": [0, 1, 2],
    },
}
FACTS = (
    Fact("m.03_r3", "speaks", "m.01428y"),
    Fact("m.01428y", "kind", "m.x"),
    Fact("m.03_r3", "kind", "m.01428y"),
    Fact("m.x", "speaks", "m.x"),
)
QUESTION = Question(
    "WebQTest-0",
    "what does jamaican people speak ?",
    ("m.01428y",),
    facts=FACTS,
    topic_entities=("m.03_r3",),
    answer_entities=("m.01428y",),
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "entities.txt").write_text("m.03_r3\nm.01428y\nm.x\n")
    (tmp_path / "relations.txt").write_text("speaks\nkind\n")
    write_jsonl(tmp_path / "dev_simple.json", [RECORD])
    return tmp_path


def test_every_field(folder):
    made = make_questions(f"nsm?path={folder}")
    assert (made.name, made.splits, len(made.documents)) == (folder.name, ("dev",), 0)
    assert tuple(made.questions("dev")) == (QUESTION,)
    write_jsonl(folder / "dev_simple.json", [RECORD, {**RECORD, "id": 2}])
    again = load_nsm(folder, limit=1)
    assert tuple(again.questions("dev")) == (QUESTION,)
    assert again.fingerprint != made.fingerprint == made.fingerprint


def test_the_raw_files_name_their_entities(folder):
    raw = {
        **RECORD,
        "entities": [{"text": "<fb:m.03_r3>", "kb_id": "m.03_r3"}],
        "subgraph": {
            "tuples": [[{"text": "m.03_r3"}, {"text": "speaks"}, {"text": "m.01428y"}], [1, 1, 2]]
        },
    }
    write_jsonl(folder / "dev_simple.json", [raw])
    (question,) = load_nsm(folder).questions("dev")
    assert question.facts == FACTS[:2] and question.topic_entities == ("m.03_r3",)


def test_names_are_shown_where_a_file_tells_them_and_never_for_the_answers_alone(folder):
    names = {"m.03_r3": "Jamaica", "m.01428y": "English", "m.x": "English", "m.y": "no"}
    (folder / "entities_names.json").write_text(json.dumps(names))
    (question,) = load_nsm(folder).questions("dev")
    assert question.facts[0] == Fact("Jamaica", "speaks", "English (m.01428y)")
    assert (question.topic_entities, question.answers) == (("Jamaica",), ("English (m.01428y)",))
    (folder / "other.json").write_text(json.dumps({"m.03_r3": "JM"}))
    (question,) = load_nsm(folder, names=folder / "other.json").questions("dev")
    assert question.facts[0] == Fact("JM", "speaks", "m.01428y")
    (folder / "other.json").write_text("[]")
    with pytest.raises(DataError, match=r"other.json: must be a JSON object of names by entity"):
        load_nsm(folder, names=folder / "other.json").questions("dev")


def test_answers_that_are_no_entity_go_by_their_text_and_numbers_of_metaqa_do(folder):
    answers = [
        {"kb_id": "1999", "text": "1999"},
        {"kb_id": 1, "text": "m.x"},
        {"kb_id": "m.away", "text": None},
        1,
    ]
    write_jsonl(folder / "dev_simple.json", [{**RECORD, "answers": answers, "entities": []}])
    (question,) = load_nsm(folder).questions("dev")
    assert question.answers == ("1999", "m.x", "m.away", "m.01428y")
    assert question.topic_entities == ()


def test_a_line_without_answers_is_left_out(folder):
    write_jsonl(folder / "dev_simple.json", [RECORD, {**RECORD, "id": "b", "answers": []}])
    made = load_nsm(folder)
    assert tuple(made.questions("dev")) == (QUESTION,) and "`answers` is empty" in made.skipped[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entities": [3]}, "json:2: field `entities` holds 3; entities.txt has lines 0 to 2"),
        ({"entities": [-1]}, "json:2: field `entities` holds -1; entities.txt has lines"),
        ({"entities": None}, "json:2: field `entities` is missing"),
        ({"answers": [True]}, "json:2: field `answers` must hold numbers of lines of entities.txt"),
        ({"subgraph": []}, r"json:2: field `subgraph` must be \{tuples"),
        ({"subgraph": {"tuples": [[0, 1]]}}, r"json:2: field `subgraph.tuples` must be \[head"),
        ({"subgraph": {"tuples": [[0, 9, 1]]}}, "holds 9; relations.txt has lines 0 to 1"),
        ({"subgraph": {"tuples": [[0, 0, {}]]}}, "must hold numbers of lines of entities.txt"),
        ({"id": "WebQTest-0"}, "json:2: the id 'WebQTest-0' stands above already"),
    ],
)
def test_a_bad_line_is_named_or_skipped(folder, change, message):
    write_jsonl(folder / "dev_simple.json", [RECORD, {**RECORD, "id": "b", **change}])
    with pytest.raises(DataError, match=f"{message}.* Mend it, or pass strict=False"):
        load_nsm(folder).questions("dev")
    made = load_nsm(folder, strict=False)
    assert tuple(made.questions("dev")) == (QUESTION,) and len(made.skipped) == 1


@pytest.mark.parametrize("name", ["entities.txt", "relations.txt", "dev_simple.json"])
def test_a_file_that_is_missing_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(DataError, match=f"has no .*{name}"):
        load_nsm(folder)
