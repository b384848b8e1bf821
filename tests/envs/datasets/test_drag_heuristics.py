import pytest

from hopgym.core import Fact, Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.drafts import passage_id
from hopgym.envs.datasets.drag_heuristics import load_drag_heuristics
from hopgym.errors import DataError
from hopgym.files import write_jsonl

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

RECORD = {
    "question": "where is ada from",
    "triples": [
        ["Ada", "born_in", "Ull"],
        ["Ada", "lives_in", "Ull"],
        ["Norge", "contains", "Ull"],
        ["Ada", "knows", "Bo"],
        ["Ada", "born_in", "Ull"],
    ],
    "paths": [["Ada", "Ull", "Norge"], [], ["Ada", "Mars"]],
    "answer": "Norge",
    "graph_size": 5,
}
FACTS = tuple(Fact(*triple) for triple in RECORD["triples"][:4])
QUESTION = Question(
    passage_id("", "where is ada from"),
    "where is ada from",
    ("Norge",),
    facts=FACTS,
    topic_entities=("Ada",),
    answer_entities=("Norge",),
    gold_facts=(0, 1, 2),
    metadata={"graph_size": 5},
)


def test_gold_facts_join_the_neighbours_on_a_path(tmp_path):
    write_jsonl(tmp_path / "train_cwq.jsonl.gz", [RECORD, RECORD])
    made = make_questions(tmp_path / "train_cwq.jsonl.gz")
    first, second = made.questions("train")
    assert (made.name, first) == ("train_cwq", QUESTION)
    assert second.id == f"{first.id}-2"


def test_labels_and_entities_are_taken_where_they_are_told(tmp_path):
    more = {"id": 7, "q_entity": ["Ada", "Bo"], "a_entity": ["Norge", "NO"]}
    labels = [False, False, True, False, True]  # the last triple is the first again
    write_jsonl(tmp_path / "h.jsonl", [{**RECORD, **more, "labels": labels}])
    (question,) = load_drag_heuristics(tmp_path / "h.jsonl", split="dev").questions("dev")
    assert (question.id, question.gold_facts) == ("7", (0, 2))
    assert question.topic_entities == ("Ada", "Bo") and question.answer_entities == ("Norge", "NO")


def test_a_question_without_paths_has_no_gold(tmp_path):
    write_jsonl(
        tmp_path / "h.jsonl", [{**RECORD, "paths": [], "triples": [], "answer": ["A", "B"]}]
    )
    (question,) = load_drag_heuristics(tmp_path / "h.jsonl").questions("train")
    assert (question.facts, question.topic_entities, question.gold_facts) == ((), (), ())
    assert question.answers == ("A", "B")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"paths": None}, "h.jsonl:2: field `paths` is missing"),
        ({"paths": ["Ada"]}, "h.jsonl:2: field `paths` must be lists of entities, not 'Ada'"),
        ({"paths": [[1]]}, r"h.jsonl:2: field `paths` must be lists of entities, not \[1\]"),
        ({"triples": [["a"]]}, r"h.jsonl:2: field `triples\[0\]` must be \[head, relation, tail\]"),
        ({"labels": [1]}, "h.jsonl:2: field `labels` must be a 0 or 1 for each of the 5 triples"),
        ({"labels": [0, 0, 0, 0, 2]}, "h.jsonl:2: field `labels` must be a 0 or 1 for each"),
    ],
)
def test_a_bad_record_is_named_or_skipped(tmp_path, change, message):
    write_jsonl(tmp_path / "h.jsonl", [RECORD, {**RECORD, **change}])
    with pytest.raises(DataError, match=f"{message}.* Mend it, or pass strict=False"):
        load_drag_heuristics(tmp_path / "h.jsonl")
    made = load_drag_heuristics(tmp_path / "h.jsonl", strict=False)
    assert made.questions("train") == (QUESTION,) and len(made.skipped) == 1
