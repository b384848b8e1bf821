import gzip
import json
import os
from dataclasses import replace

import pytest

from hopgym.core import Fact, Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.kg_statistics import kg_statistics
from hopgym.envs.datasets.rog import load_cwq, load_rog, load_webqsp
from hopgym.errors import ConfigError, DataError
from hopgym.files import write_jsonl

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

RECORDS = [
    {
        "id": "WebQTest-1",
        "question": "who played ken barlow",
        "answer": ["William Roache", "Zoë"],
        "q_entity": ["Ken Barlow"],
        "a_entity": ["William Roache", "Zoë"],
        "graph": [
            ["Ken Barlow", "tv.tv_character.appeared_in", "m.0h28vy2"],
            ["m.0h28vy2", "tv.regular_tv_appearance.actor", "William Roache"],
            ["m.0h28vy2", "tv.regular_tv_appearance.guest", "William Roache"],
            ["Ken Barlow", "tv.tv_character.appeared_in", "m.0h28vy2"],
        ],
        "choices": [],
    },
    {
        "id": "WebQTest-2",
        "question": "where",
        "answer": ["Ull"],
        "q_entity": [],
        "a_entity": None,
        "graph": [],
        "choices": None,
    },
]
QUESTIONS = (
    Question(
        "WebQTest-1",
        "who played ken barlow",
        ("William Roache", "Zoë"),
        facts=(
            Fact("Ken Barlow", "tv.tv_character.appeared_in", "m.0h28vy2"),
            Fact("m.0h28vy2", "tv.regular_tv_appearance.actor", "William Roache"),
            Fact("m.0h28vy2", "tv.regular_tv_appearance.guest", "William Roache"),
        ),
        topic_entities=("Ken Barlow",),
        answer_entities=("William Roache", "Zoë"),
    ),
    Question("WebQTest-2", "where", ("Ull",), answer_entities=("Ull",)),
)


@pytest.mark.parametrize("name", ["r.jsonl", "r.jsonl.gz", "r.json"])
def test_every_field(tmp_path, name):
    text = "\n".join(map(json.dumps, RECORDS)) if "jsonl" in name else json.dumps(RECORDS)
    (tmp_path / name).write_bytes(
        gzip.compress(text.encode()) if name.endswith("gz") else text.encode()
    )
    made = load_webqsp(tmp_path / name, split="test")
    assert (made.name, made.splits, len(made.documents)) == ("webqsp", ("test",), 0)
    assert made.questions("test") == QUESTIONS
    assert make_questions(tmp_path / name, split="test").name == "rog"
    assert load_cwq(tmp_path / name, limit=1).questions("train") == QUESTIONS[:1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": None}, "r.jsonl:2: field `id` is missing"),
        ({"id": "WebQTest-1"}, "r.jsonl:2: the id 'WebQTest-1' stands above already"),
        ({"answer": [""]}, "r.jsonl:2: field `answer` must be text or a list"),
        ({"graph": None}, "r.jsonl:2: field `graph` is missing"),
        (
            {"graph": [["a", "b"]]},
            r"r.jsonl:2: field `graph\[0\]` must be \[head, relation, tail\]",
        ),
        ({"q_entity": [3]}, "r.jsonl:2: field `q_entity` must be text or a list of texts"),
    ],
)
def test_a_bad_record_is_named_or_skipped(tmp_path, change, message):
    write_jsonl(tmp_path / "r.jsonl", [RECORDS[0], {**RECORDS[1], **change}])
    with pytest.raises(DataError, match=f"{message}.* Mend it, or pass strict=False"):
        load_webqsp(tmp_path / "r.jsonl")
    made = load_webqsp(tmp_path / "r.jsonl", strict=False)
    assert made.questions("train") == QUESTIONS[:1] and len(made.skipped) == 1


def test_questions_without_answers_are_left_out_with_a_warning(tmp_path):
    write_jsonl(tmp_path / "r.jsonl", [RECORDS[0], {**RECORDS[1], "answer": []}])
    with pytest.warns(
        UserWarning, match="rog train: 1 bad record was skipped; .*`answer` is empty"
    ):
        made = load_rog(tmp_path / "r.jsonl")
    assert made.questions("train") == QUESTIONS[:1]


def test_the_general_form_needs_a_file_or_a_name():
    with pytest.raises(ConfigError, match="rog needs a file or a name on the hub"):
        load_rog()


def test_the_hubs_rows_read_the_same(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    write_jsonl(tmp_path / "hub/validation.jsonl", RECORDS)
    made = make_questions(f"cwq?hub_name={tmp_path / 'hub'}", split="validation")
    assert (made.name, made.splits) == ("cwq", ("validation",))
    assert tuple(made.questions("validation")) == QUESTIONS


def test_there_is_no_network(monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    for name, hub in (("webqsp", "rmanluo/RoG-webqsp"), ("cwq", "rmanluo/RoG-cwq")):
        with pytest.raises(DataError, match=rf"{hub} \(default, train\) could not .*Without a net"):
            make_questions(name)


def test_the_real_path_graphs(shared_data):
    """1,000 of the 1,628 test questions, with the paths that a system retrieved: no full graphs."""
    file = shared_data / "webqsp_cwq/webqsp_path_graphs_1000.jsonl.gz"
    if not os.path.exists(file):
        pytest.skip("no WebQSP")
    questions = make_questions(file).questions("train")
    found = kg_statistics(questions)
    assert (found.questions, found.most_edges) == (1_000, 330)
    assert found.coverage == 0.86 and found.with_topic == 0.962 and found.with_gold == 0
    # of all 1,628: 50.0, 28.4, 10.3 and 11.3 %
    assert list(found.answer_sets.values()) == [0.496, 0.293, 0.104, 0.107]
    assert any(fact.head.startswith("m.") for q in questions for fact in q.facts)
    assert replace(questions[0], facts=()).answers == questions[0].answer_entities
