import json
import re

import pytest

from hopgym.core import Hop, Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.drafts import passage_id
from hopgym.envs.datasets.musique import load_musique
from hopgym.errors import DataError
from hopgym.files import write_jsonl

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

STEPS = [
    {"id": 1, "question": "Vel >> director", "answer": "Ada Orm", "paragraph_support_idx": 2},
    {"id": 2, "question": "Which lake is north?", "answer": "Mere", "paragraph_support_idx": 0},
    {"id": 3, "question": "Did #1 see #2 or #9?", "answer": "Yes #1", "paragraph_support_idx": 1},
]
PARAGRAPHS = [
    {"idx": 0, "title": "Mere", "paragraph_text": "A lake. ", "is_supporting": True},
    {"idx": 1, "title": "Ada Orm", "paragraph_text": "She saw it.", "is_supporting": True},
    {"idx": 2, "title": "Vel", "paragraph_text": "By Ada Orm.", "is_supporting": True},
    {"idx": 3, "title": "Vel", "paragraph_text": "Another.", "is_supporting": False},
]
RECORD = {
    "id": "3hop2__1_2_3",
    "question": "Did the director of Vel see the lake?",
    "answer": "Yes",
    "answer_aliases": ["yes", "Yes", "she did"],
    "answerable": True,
    "question_decomposition": STEPS,
    "paragraphs": PARAGRAPHS,
}
MERE, ORM, VEL = (
    passage_id("Mere", "A lake."),
    passage_id("Ada Orm", "She saw it."),
    passage_id("Vel", "By Ada Orm."),
)
QUESTION = Question(
    "3hop2__1_2_3",
    "Did the director of Vel see the lake?",
    ("Yes", "yes", "she did"),
    type="3hop2",
    hops=(
        Hop("Vel >> director", "Ada Orm", (VEL,)),
        Hop("Which lake is north?", "Mere", (MERE,)),
        Hop("Did Ada Orm see Mere or #9?", "Yes #1", (ORM,), needs=(0, 1)),
    ),
    document_ids=(MERE, ORM, VEL),
    metadata={"answerable": True, "gold_titles": ["Mere", "Ada Orm", "Vel"]},
)


def load(tmp_path, *records, **options):
    write_jsonl(tmp_path / "m.jsonl", records)
    return load_musique(tmp_path / "m.jsonl", **options)


@pytest.mark.parametrize("name", ["m.json", "m.jsonl.gz"])
def test_every_field(tmp_path, name):
    if name == "m.json":
        (tmp_path / name).write_text(json.dumps([RECORD], indent=4))
    else:
        write_jsonl(tmp_path / name, [RECORD])
    made = make_questions(tmp_path / name)
    assert (made.name, made.splits) == ("musique", ("train",))
    assert made.questions("train") == (QUESTION,)
    assert [(d.title, d.text) for d in made.documents] == [
        ("Mere", "A lake."),
        ("Ada Orm", "She saw it."),
        ("Vel", "By Ada Orm."),
        ("Vel", "Another."),
    ]


def test_without_paragraphs_gold_is_known_by_title(tmp_path):
    steps = [
        {**step, "document_id": f"{title}_0"}
        for step, title in zip(STEPS, ("Vel_x", "Mere", "Vel_x"), strict=True)
    ]
    record = {**RECORD, "question_decomposition": steps, "paragraphs": None}
    question = load(tmp_path, record).questions("train")[0]
    assert question.document_ids == ("missing:Vel_x", "missing:Mere")
    assert [hop.document_ids for hop in question.hops] == [
        ("missing:Vel_x",),
        ("missing:Mere",),
        ("missing:Vel_x",),
    ]
    documents = tmp_path / "d.jsonl"
    write_jsonl(documents, [{"id": "7", "title": "MERE", "text": "Any."}])
    question = load(tmp_path, record, documents=documents).questions("train")[0]
    assert question.document_ids == ("missing:Vel_x", "7")


def test_a_question_without_gold_or_answer_in_reach(tmp_path):
    record = {"id": "2hop__1", "question": "Who?", "answer": "Ada", "answer_aliases": None}
    made = load(tmp_path, {**record, "answerable": False})
    (question,) = made.questions("train")
    assert re.fullmatch(r"2hop__\d{6}", question.id)
    assert made.questions("train") == (
        Question(
            question.id,
            "Who?",
            ("Ada",),
            type="2hop",
            metadata={"answerable": False},
        ),
    )


def changed(items, **change):
    return [{**items[0], **change}, *items[1:]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer_aliases": [["x"]]}, "m.jsonl:2: field `answer_aliases` must be text or a list"),
        ({"paragraphs": {}}, "m.jsonl:2: field `paragraphs` must be a list, not {}"),
        ({"paragraphs": [{"title": "x"}]}, "m.jsonl:2: field `paragraphs` needs title, paragraph_"),
        ({"paragraphs": changed(PARAGRAPHS, title=None)}, "m.jsonl:2: field `paragraphs` needs"),
        ({"paragraphs": PARAGRAPHS[:2]}, "m.jsonl:2: field `question_decomposition` needs"),
        ({"question_decomposition": "x"}, "m.jsonl:2: field `question_decomposition` must be a"),
        ({"question_decomposition": [{}]}, "m.jsonl:2: field `question_decomposition` needs quest"),
        (
            {"question_decomposition": changed(STEPS, question=None)},
            "m.jsonl:2: field `question_decomposition` needs question, answer and paragraph",
        ),
        ({"id": RECORD["id"]}, r"m.jsonl:2: id '3hop2__1_2_3' stands at .*m.jsonl:1 already"),
    ],
)
def test_a_bad_record_is_named_or_skipped(tmp_path, change, message):
    records = [RECORD, {**RECORD, "id": "other", **change}]
    with pytest.raises(DataError, match=f"{message}.* Mend it, or pass strict=False"):
        load(tmp_path, *records)
    made = load(tmp_path, *records, strict=False)
    assert made.questions("train") == (QUESTION,) and len(made.skipped) == 1


def check_hops(questions):
    for question in questions:
        assert len(question.hops) == int(question.type[0])
        assert not any(re.search(r"#\d", hop.query) for hop in question.hops)
        assert all(need < n for n, hop in enumerate(question.hops) for need in hop.needs)
        gold = {id for hop in question.hops for id in hop.document_ids}
        assert gold == set(question.document_ids)


def test_the_real_records(shared_data):
    made = make_questions(shared_data / "musique/musique_train_100.json.gz")
    questions = made.questions("train")
    assert (made.name, len(questions), len(made.documents)) == ("musique", 100, 1_890)
    assert all(made.documents.by_id(id) for q in questions for id in q.document_ids)
    check_hops(questions)
    assert questions[0].answers == ("G. Stanley Hall", "Stanley Hall")
    assert questions[0].hops[1].needs == (0,)


def test_the_real_records_without_paragraphs(shared_data):
    path = shared_data / "musique/musique_ans_dev_2417_no_paragraphs.json.gz"
    questions = load_musique(path, split="dev").questions("dev")
    assert len(questions) == 2_417
    check_hops(questions)
    assert all(id.startswith("missing:") for q in questions for id in q.document_ids)


def test_gold_is_found_by_the_paragraphs_own_number(tmp_path):
    shuffled = [PARAGRAPHS[n] for n in (3, 1, 0, 2)]
    question = load(tmp_path, {**RECORD, "paragraphs": shuffled}).questions("train")[0]
    assert [hop.document_ids for hop in question.hops] == [(VEL,), (MERE,), (ORM,)]
    plain = [{k: v for k, v in p.items() if k != "idx"} for p in PARAGRAPHS]
    question = load(tmp_path, {**RECORD, "paragraphs": plain}).questions("train")[0]
    assert [hop.document_ids for hop in question.hops] == [(VEL,), (MERE,), (ORM,)]


def test_musique_full_asks_twice_under_one_id(tmp_path):
    steps = [{**STEPS[0], "paragraph_support_idx": None}, *STEPS[1:]]
    without = [p for p in PARAGRAPHS if p["paragraph_text"] != "By Ada Orm."]
    half = {**RECORD, "answerable": False, "paragraphs": without, "question_decomposition": steps}
    first, second = load(tmp_path, RECORD, half).questions("train")
    assert first == QUESTION
    assert re.fullmatch(r"3hop2__1_2_\d{6}", second.id) and second.type == "3hop2"
    assert second.metadata["answerable"] is False and second.hops[0].document_ids == ()
