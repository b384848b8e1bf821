import gzip
import json

import pytest

from hopgym.core import Document, Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.drafts import passage_id
from hopgym.envs.datasets.hotpotqa import load_hotpotqa
from hopgym.errors import DataError
from hopgym.files import write_jsonl

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

RECORD = {
    "_id": "h1",
    "question": "Where was the director of Vel born?",
    "answer": "Tessa",
    "type": "bridge",
    "level": "hard",
    "supporting_facts": [["Vel", 0], ["Ada Orm", 0], ["Ada Orm", 1]],
    "context": [
        ["Mere", ["The Mere is a lake."]],
        [" Ada Orm ", ["Ada Orm is a director.", " She was born in Tessa. "]],
        ["Vel", ["Vel is a film by Ada Orm."]],
    ],
}
ORM = Document(
    passage_id("Ada Orm", "Ada Orm is a director. She was born in Tessa."),
    "Ada Orm",
    "Ada Orm is a director. She was born in Tessa.",
)
VEL = Document(passage_id("Vel", "Vel is a film by Ada Orm."), "Vel", "Vel is a film by Ada Orm.")
QUESTION = Question(
    "h1",
    "Where was the director of Vel born?",
    ("Tessa",),
    type="bridge",
    document_ids=(VEL.id, ORM.id),
    metadata={"level": "hard", "gold_titles": ["Vel", "Ada Orm"]},
)


@pytest.mark.parametrize("name", ["h.json", "h.json.gz", "h.jsonl", "h.jsonl.gz"])
def test_every_field(tmp_path, name):
    text = (
        json.dumps([RECORD], indent=1) if ".json." in f"{name}." else json.dumps(RECORD)
    ).encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    made = make_questions(tmp_path / name, split="dev")
    assert (made.name, made.splits, made.skipped) == ("hotpotqa", ("dev",), ())
    assert made.questions("dev") == (QUESTION,)
    assert [d.title for d in made.documents] == ["Mere", "Ada Orm", "Vel"]
    assert made.documents.by_id(ORM.id) == ORM and made.documents.by_id(VEL.id) == VEL


def test_the_hubs_columns_read_the_same(tmp_path):
    facts, context = (list(zip(*RECORD[f], strict=True)) for f in ("supporting_facts", "context"))
    columns = {
        **RECORD,
        "supporting_facts": {"title": facts[0], "sent_id": facts[1]},
        "context": {"title": context[0], "sentences": context[1]},
    }
    write_jsonl(tmp_path / "h.jsonl", [columns])
    assert load_hotpotqa(tmp_path / "h.jsonl").questions("train") == (QUESTION,)


def test_gold_that_is_not_among_the_paragraphs_stays_gold_and_out_of_reach(tmp_path):
    write_jsonl(tmp_path / "h.jsonl", [{**RECORD, "context": RECORD["context"][:2]}])
    question = load_hotpotqa(tmp_path / "h.jsonl").questions("train")[0]
    assert question.document_ids == ("missing:Vel", ORM.id)


def test_a_question_without_gold(tmp_path):
    write_jsonl(tmp_path / "h.jsonl", [{"id": 1, "question": "Who?", "answer": "Ada"}])
    made = load_hotpotqa(tmp_path / "h.jsonl")
    assert made.questions("train") == (Question("1", "Who?", ("Ada",)),)
    assert len(made.documents) == 0
    nulls = dict.fromkeys(["type", "level", "context", "supporting_facts"])
    write_jsonl(tmp_path / "n.jsonl", [{"id": 1, "question": "Who?", "answer": "Ada", **nulls}])
    assert load_hotpotqa(tmp_path / "n.jsonl").questions("train") == made.questions("train")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"_id": None}, r"h.jsonl:2: field `_id` \(or `id`\) is missing"),
        ({"answer": ""}, "h.jsonl:2: field `answer` must be text or a list of texts, not ''"),
        ({"context": [["Vel"]]}, r"h.jsonl:2: field `context` must be a list of \[title, \[sent"),
        ({"context": [["Vel", "A film."]]}, "h.jsonl:2: field `context` must be a list of"),
        ({"context": {"title": ["Vel"]}}, "h.jsonl:2: field `context` must be a list of"),
        ({"context": {"title": ["Vel"], "sentences": []}}, "h.jsonl:2: field `context` must be"),
        ({"supporting_facts": [[]]}, "h.jsonl:2: field `supporting_facts` must be a list of"),
        ({"supporting_facts": "Vel"}, "h.jsonl:2: field `supporting_facts` must be a list of"),
        ({"supporting_facts": {"titles": []}}, "h.jsonl:2: field `supporting_facts` must be"),
        ({}, r"h.jsonl:2: id 'h1' stands at .*h.jsonl:1 already"),
    ],
)
def test_a_bad_record_is_named_or_skipped(tmp_path, change, message):
    changed = {**RECORD, "_id": "h2", **change} if change else RECORD
    write_jsonl(tmp_path / "h.jsonl", [RECORD, changed])
    with pytest.raises(DataError, match=f"{message}.* Mend it, or pass strict=False"):
        load_hotpotqa(tmp_path / "h.jsonl")
    made = load_hotpotqa(tmp_path / "h.jsonl", strict=False)
    assert made.questions("train") == (QUESTION,) and len(made.skipped) == 1


@pytest.mark.parametrize(
    ("name", "count", "documents", "missing"),
    [
        ("hotpotqa_train_100.json.gz", 100, 994, 0),
        ("bolaa_easy_100.jsonl.gz", 100, 980, 0),
        ("hotpot_dev_fullwiki_200.jsonl.gz", 200, 1_997, 175),
    ],
)
def test_real_files(shared_data, name, count, documents, missing):
    made = make_questions(shared_data / "hotpotqa" / name)
    questions = made.questions("train")
    assert (made.name, len(questions), len(made.documents)) == ("hotpotqa", count, documents)
    gold = [id for question in questions for id in question.document_ids]
    assert sum(id.startswith("missing:") for id in gold) == missing
    assert all(made.documents.by_id(id) for id in gold if not id.startswith("missing:"))
    assert all(len(q.document_ids) == 2 == len(q.metadata["gold_titles"]) for q in questions)
    assert {q.type for q in questions} <= {"bridge", "comparison"}


def test_gold_is_found_in_the_pool_of_many_sets(shared_data):
    pool = shared_data / "corpus/wiki_union_corpus.jsonl.gz"
    made = load_hotpotqa(shared_data / "hotpotqa/hotpotqa_train_100.json.gz", documents=pool)
    own = load_hotpotqa(shared_data / "hotpotqa/hotpotqa_train_100.json.gz")
    assert len(made.documents) == 20_546
    for here, there in zip(made.questions("train"), own.questions("train"), strict=True):
        titles = [made.documents.by_id(id).title.casefold() for id in here.document_ids]
        assert titles == [own.documents.by_id(id).title.casefold() for id in there.document_ids]
