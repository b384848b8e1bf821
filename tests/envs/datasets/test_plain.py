import gzip

import pytest

from hopgym.core import Fact, Hop, Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.plain import FIELDS, convert, load_plain
from hopgym.envs.datasets.records import Record
from hopgym.errors import DataError
from hopgym.files import write_jsonl

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")


@pytest.mark.parametrize("name", ["mine.jsonl", "mine.v2.jsonl.gz"])
def test_every_field(tmp_path, name):
    records = [
        {"id": "a", "question": " Who? ", "answer": "Ada", "type": "person", "level": 2, "x": 1},
        {"_id": 7, "question": "Where?", "answers": ["Ull ", "River Ull", "Ull"]},
        {"idx": 8, "Question": "When?", "answer": "1890"},
        {"question": "Which?", "golden_answers": ["Vel"], "type": None, "source": None},
        {"id": "e", "Question": "What?", "Answer": "Orm"},
    ]
    write_jsonl(tmp_path / name, records)
    made = load_plain(tmp_path / name, split="dev")
    assert (made.name, made.splits, len(made.documents)) == ("mine", ("dev",), 0)
    assert made.skipped == ()
    third = made.questions("dev")[3]
    assert len(third.id) == 16 and int(third.id, 16)
    assert made.questions("dev") == (
        Question("a", "Who?", ("Ada",), type="person", metadata={"type": "person", "level": 2}),
        Question("7", "Where?", ("Ull", "River Ull")),
        Question("8", "When?", ("1890",)),
        Question(third.id, "Which?", ("Vel",)),
        Question("e", "What?", ("Orm",)),
    )


def test_an_id_made_from_the_question_stays_the_same(tmp_path):
    write_jsonl(tmp_path / "a.jsonl", [{"question": "Who?", "answer": "Ada"}])
    (tmp_path / "b.json").write_text('[{"question": "Who? ", "answer": "Orm"}]')
    ids = {load_plain(tmp_path / n).questions("train")[0].id for n in ("a.jsonl", "b.json")}
    assert len(ids) == 1


def test_documents_of_ones_own_are_searched(tmp_path):
    write_jsonl(tmp_path / "q.jsonl", [{"question": "Who?", "answer": "Ada"}])
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress(b'{"id": "1", "contents": "Ada\\nShe."}'))
    made = make_questions(tmp_path / "q.jsonl", documents=str(tmp_path / "d.jsonl.gz"))
    assert [(d.id, d.title, d.text) for d in made.documents] == [("1", "Ada", "She.")]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"question": "Who?"}, r"q.jsonl:2: field `answer` \(or `answers`, .*\) is missing"),
        ({"answer": "Ada"}, r"q.jsonl:2: field `question` \(or `Question`\) is missing"),
        ({"question": "Who?", "answer": []}, r"q.jsonl:2: field `answer` must be text or a list"),
        ({"question": "Who?", "answer": {"a": 1}}, "q.jsonl:2: field `answer` must be text"),
        ({"question": 5, "answer": "x"}, "q.jsonl:2: field `question` must be text, not 5"),
        ({"question": "Who?", "answer": 7}, "q.jsonl:2: field `answer` must be text .* not 7"),
        ({"question": "Who?", "answers": ["a", True]}, "field `answers` must be .*'a', True"),
        (
            {"id": [], "question": "Who?", "answer": "x"},
            r"q.jsonl:2: field `id` must be text or a whole",
        ),
        ({"id": "a", "question": "?", "answer": "x"}, r"q.jsonl:2: id 'a' stands at .*q.jsonl:1"),
    ],
)
def test_a_bad_record_is_named_or_skipped(tmp_path, record, message):
    write_jsonl(tmp_path / "q.jsonl", [{"id": "a", "question": "Who?", "answer": "Ada"}, record])
    with pytest.raises(DataError, match=f"{message}.* Mend it, or pass strict=False"):
        load_plain(tmp_path / "q.jsonl")
    made = load_plain(tmp_path / "q.jsonl", strict=False)
    assert len(made.questions("train")) == len(made.skipped) == 1


RICH = {
    "id": "a",
    "question": "Who?",
    "answer": "Ada",
    "type": "chain",
    "document_ids": ["d1", 2],
    "hops": [
        {"query": "Where?", "answer": "Ull", "document_ids": ["d1"]},
        {"query": "Who there?", "answer": "Ada", "document_ids": [2], "needs": [0]},
    ],
}


def test_gold_in_the_shape_of_a_question_is_read(tmp_path):
    write_jsonl(tmp_path / "q.jsonl", [RICH])
    assert make_questions(tmp_path / "q.jsonl").questions("train")[0] == Question(
        "a",
        "Who?",
        ("Ada",),
        type="chain",
        hops=(Hop("Where?", "Ull", ("d1",)), Hop("Who there?", "Ada", ("2",), needs=(0,))),
        document_ids=("d1", "2"),
        metadata={"type": "chain"},
    )


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("type", 3, "q.jsonl:1: field `type` must be text, not 3"),
        ("document_ids", "d1", "q.jsonl:1: field `document_ids` must be a list of ids, not 'd1'"),
        ("document_ids", [None], r"field `document_ids` must be a list of ids, not \[None\]"),
        ("hops", 2, "q.jsonl:1: field `hops` must be a list, not 2"),
        ("hops", ["Where?"], r"q.jsonl:1: field `hops\[0\]` must be \{query, answer, …\}, not"),
        ("hops", [{"query": "Where?"}], r"q.jsonl:1 hops\[0\]: field `answer` is missing"),
        ("hops", [{"query": 1, "answer": "x"}], r"hops\[0\]: field `query` must be text, not 1"),
        ("hops", [{"query": "?", "answer": "x", "needs": [0]}], "`needs` must be places of other"),
        (
            "hops",
            [{"query": "?", "answer": "x", "docs": []}],
            "`docs` is no field of a hop; it has",
        ),
    ],
)
def test_gold_in_another_shape_is_refused(tmp_path, field, value, message):
    write_jsonl(tmp_path / "q.jsonl", [{**RICH, field: value}])
    with pytest.raises(DataError, match=message):
        load_plain(tmp_path / "q.jsonl")


GRAPH = {
    "id": "a",
    "question": "In which country was Ada born?",
    "answer": "England",
    "facts": [
        ["Ada", "born_in", "London"],
        {"head": "London", "relation": "in", "tail": "England"},
        ["Ada", "born_in", "London"],
    ],
    "topic_entities": ["Ada"],
    "answer_entities": "England",
    "gold_facts": [0, 1],
}


def test_a_graph_is_read_and_its_facts_keep_their_places(tmp_path):
    write_jsonl(
        tmp_path / "q.jsonl", [GRAPH, {**GRAPH, "id": "b", "facts": None, "gold_facts": []}]
    )
    one, two = make_questions(tmp_path / "q.jsonl").questions("train")
    born = Fact("Ada", "born_in", "London")
    assert one.facts == (born, Fact("London", "in", "England"), born)
    assert (one.topic_entities, one.answer_entities) == (("Ada",), ("England",))
    assert one.gold_facts == (0, 1) and two.facts == two.gold_facts == ()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("facts", "Ada", "field `facts` must be a list of .head, relation, tail., not 'Ada'"),
        (
            "facts",
            [["Ada", "born_in"]],
            r"`facts\[0\]` must be \[head, relation, tail\], three texts",
        ),
        ("facts", [{"head": "Ada", "tail": "x"}], r"`facts\[0\]` must be \[head, relation, tail\]"),
        (
            "facts",
            [["Ada", "age", 36]],
            r"`facts\[0\]` must be \[head, relation, tail\], three texts",
        ),
        ("topic_entities", [1], "`topic_entities` must be text or a list of texts"),
        (
            "gold_facts",
            [0, 99],
            r"`gold_facts` must be places of its 3 facts, from 0, not \[0, 99\]",
        ),
        ("gold_facts", [True], "`gold_facts` must be places of its 3 facts"),
        ("gold_facts", 1, "`gold_facts` must be a list, not 1"),
    ],
)
def test_a_graph_in_another_shape_is_refused(tmp_path, field, value, message):
    write_jsonl(tmp_path / "q.jsonl", [{**GRAPH, field: value}])
    with pytest.raises(DataError, match=f"q.jsonl:1: .*{message}"):
        load_plain(tmp_path / "q.jsonl")


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("openqa/NQ-open.dev.jsonl.gz", 3_610),
        ("openqa/deepresearcher_dev.jsonl.gz", 875),
        ("rl_samples/r1searcher_stage_2.jsonl.gz", 8_148),
        ("2wikimultihopqa/r1searcher_2wiki_500.jsonl.gz", 500),
        ("hotpotqa/hotpot_dev_gold.jsonl.gz", 7_405),
    ],
)
def test_real_files(shared_data, path, count):
    questions = make_questions(shared_data / path).questions("train")
    assert len(questions) == count
    assert all(q.text and q.answers and q.id for q in questions)


def test_a_real_file_with_one_id_twice(shared_data):
    path = shared_data / "rl_samples/searchagentreview_val_mixed_900.jsonl.gz"
    with pytest.raises(DataError, match=r":354: id '3hop2__90098_156850_10557' stands at .*:177"):
        make_questions(path)
    made = make_questions(path, strict=False)
    assert len(made.skipped) + len(made.questions("train")) == 900
    assert all("stands at" in reason for reason in made.skipped)


def test_every_field_that_is_read_is_a_known_one():
    class Watched(dict):
        def get(self, key, default=None):
            asked.add(key)
            return super().get(key, default)

    asked = set()
    convert(Record(Watched(question="Who?", golden_answers=["Ada"], type="a", facts=[]), "here"))
    assert {"question", "answers", "document_ids", "gold_facts"} <= asked <= set(FIELDS)
