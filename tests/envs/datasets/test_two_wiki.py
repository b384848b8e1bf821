import json

import pytest

from hopgym.core import Fact, Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.drafts import passage_id
from hopgym.envs.datasets.two_wiki import load_two_wiki
from hopgym.errors import DataError
from hopgym.files import write_jsonl

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

RECORD = {
    "_id": "w1",
    "question": "Where was the director of Vel born?",
    "answer": "Tessa",
    "answer_aliases": ["Tessa", "Tessa Town"],
    "type": "compositional",
    "supporting_facts": [["Vel", 0], ["Ada Orm", 1]],
    "evidences": [["Vel", "director", "Ada Orm"], ["Ada Orm", "place of birth", "Tessa"]],
    "context": [
        ["Vel", ["Vel is a film by Ada Orm."]],
        ["Ada Orm", ["Ada Orm is a director.", "She was born in Tessa."]],
    ],
}
IDS = (
    passage_id("Vel", "Vel is a film by Ada Orm."),
    passage_id("Ada Orm", "Ada Orm is a director. She was born in Tessa."),
)
QUESTION = Question(
    "w1",
    "Where was the director of Vel born?",
    ("Tessa", "Tessa Town"),
    type="compositional",
    document_ids=IDS,
    facts=(Fact("Vel", "director", "Ada Orm"), Fact("Ada Orm", "place of birth", "Tessa")),
    topic_entities=("Vel",),
    answer_entities=("Tessa",),
    gold_facts=(0, 1),
    metadata={"gold_titles": ["Vel", "Ada Orm"]},
)


def load(tmp_path, *records, **options):
    write_jsonl(tmp_path / "w.jsonl", records)
    return load_two_wiki(tmp_path / "w.jsonl", **options)


@pytest.mark.parametrize("name", ["w.json", "w.jsonl.gz"])
def test_every_field(tmp_path, name):
    if name == "w.json":
        (tmp_path / name).write_text(json.dumps([RECORD], indent=4))
    else:
        write_jsonl(tmp_path / name, [RECORD])
    made = make_questions(tmp_path / name)
    assert (made.name, made.splits) == ("two_wiki", ("train",))
    assert made.questions("train") == (QUESTION,)
    assert tuple(d.id for d in made.documents) == IDS
    assert made.documents[1].text == "Ada Orm is a director. She was born in Tessa."


def test_a_comparisons_yes_is_no_entity(tmp_path):
    facts = [["Vel", "country", "Mere"], ["Orm", "country", "Mere"]]
    record = {**RECORD, "answer": "yes", "answer_aliases": [], "evidences": facts}
    question = load(tmp_path, record).questions("train")[0]
    assert (question.topic_entities, question.answer_entities) == (("Vel", "Orm"), ())


def test_the_retrieval_benchmarks_form_has_gold_titles_alone(tmp_path):
    record = {"id": "r", "question": "Where?", "answer": "Ull", "supporting_facts": ["Vel", "Ull"]}
    question = load(tmp_path, {**record, "answer_aliases": ["River Ull"]}).questions("train")[0]
    assert question.answers == ("Ull", "River Ull")
    assert question.document_ids == ("missing:Vel", "missing:Ull")
    assert (question.facts, question.topic_entities, question.answer_entities) == ((), (), ())


@pytest.mark.parametrize("empty", [{"evidences": None, "answer_aliases": None}, {}])
def test_a_question_without_gold(tmp_path, empty):
    record = {"id": "r", "question": "Where?", "answer": "Ull", **empty}
    assert load(tmp_path, record).questions("train") == (Question("r", "Where?", ("Ull",)),)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"evidences": [["Vel", "director"]]}, r"w.jsonl:2: field `evidences` must be a list of"),
        ({"evidences": "Vel"}, r"w.jsonl:2: field `evidences` must be a list of \[head, relation"),
        ({"answer_aliases": [None]}, "w.jsonl:2: field `answer_aliases` must be text or a list"),
        ({"answer_aliases": 3.5, "question": 1.5}, "w.jsonl:2: field `question` must be text"),
        ({"context": [["Vel", "A film."]]}, "w.jsonl:2: field `context` must be a list of"),
        ({"_id": "w1"}, r"w.jsonl:2: id 'w1' stands at .*w.jsonl:1 already"),
    ],
)
def test_a_bad_record_is_named_or_skipped(tmp_path, change, message):
    records = [RECORD, {**RECORD, "_id": "w2", **change}]
    with pytest.raises(DataError, match=f"{message}.* Mend it, or pass strict=False"):
        load(tmp_path, *records)
    made = load(tmp_path, *records, strict=False)
    assert made.questions("train") == (QUESTION,) and len(made.skipped) == 1


def test_one_alias_as_text_is_not_taken_for_letters(tmp_path):
    question = load(tmp_path, {**RECORD, "answer_aliases": "Town"}).questions("train")[0]
    assert question.answers == ("Tessa", "Town")


def test_the_real_dev_questions(shared_data):
    made = make_questions(shared_data / "2wikimultihopqa/lag_dev_4000.json.gz")
    questions = made.questions("train")
    assert (made.name, len(questions), len(made.documents)) == ("two_wiki", 4_000, 0)
    assert {q.type for q in questions} == {
        "compositional",
        "comparison",
        "bridge_comparison",
        "inference",
    }
    assert all(q.facts and len(q.gold_facts) == len(q.facts) for q in questions)
    assert questions[0].topic_entities == ("Taxi!", "What Price Hollywood?")
    assert questions[0].answer_entities == ("What Price Hollywood?",)


def test_the_real_retrieval_benchmark_finds_all_its_gold(shared_data):
    made = load_two_wiki(
        shared_data / "2wikimultihopqa/hipporag_1000_questions.json.gz",
        documents=shared_data / "corpus/wiki_union_corpus.jsonl.gz",
    )
    questions = made.questions("train")
    assert len(questions) == 1_000 and sum(len(q.answers) > 1 for q in questions) > 100
    for question in questions:
        titles = [made.documents.by_id(id).title.casefold() for id in question.document_ids]
        assert titles == [t.casefold() for t in question.metadata["gold_titles"]]
