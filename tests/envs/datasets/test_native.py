import pytest
from toy import QUESTIONS

from hopgym.core import Fact, Question
from hopgym.envs.datasets.native import load_native, read_questions
from hopgym.errors import DataError
from hopgym.files import write_jsonl

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")


def test_lines_may_be_written_as_questions_of_ours_or_plainly(tmp_path):
    plain = {"id": "p", "question": "Who?", "answer": ["Ada", "Orm"], "type": "person"}
    write_jsonl(tmp_path / "q.jsonl", [*QUESTIONS, plain])
    *ours, last = read_questions(tmp_path / "q.jsonl")
    assert tuple(ours) == QUESTIONS
    assert last == Question("p", "Who?", ("Ada", "Orm"), type="person", metadata={"type": "person"})


def test_how_many_were_skipped_is_said(tmp_path):
    write_jsonl(tmp_path / "q.jsonl", [QUESTIONS[0], {"id": 3}, [1]])
    with pytest.warns(UserWarning, match=r"^q: 2 bad records were skipped; the first: .*q.jsonl:2"):
        made = load_native(tmp_path / "q.jsonl", strict=False)
    assert len(made.skipped) == 2 and repr(made).endswith("0 documents, 2 skipped)")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "b", "text": "', r"train.jsonl:3: not JSON \(.*\). Mend or remove"),
        ('{"id": "b", "text": "Who?"}', r"train.jsonl:3: .*missing required field `answers`"),
        (
            '{"id": "b", "prompt": "Who?"}',
            "no question .* It needs id, text and answers, or question",
        ),
        (
            '{"id": "b", "text": "Who?", "answers": []}',
            "train.jsonl:3: the question has no answers",
        ),
        ('{"id": "b", "question": "Who?"}', r"train.jsonl:3: field `answer` .* is missing"),
        ('{"id": 1, "text": "", "answers": []}', r"train.jsonl:3: .*`str`, got `int` - at `\$.id`"),
        ('{"id": "a", "text": "", "answers": []}', "train.jsonl:3: the id 'a' stands above"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    path = tmp_path / "train.jsonl"
    path.write_text(f'{{"id": "a", "text": "Who?", "answers": ["x"]}}\n\n{line}\n')
    with pytest.raises(DataError, match=message):
        read_questions(path)


TRIPLES = {
    "id": "t",
    "text": "Where?",
    "answers": ["London"],
    "facts": [["Ada", "born_in", "London"], {"head": "Ada", "relation": "age", "tail": "36"}],
    "topic_entities": ["Ada"],
    "gold_facts": [0],
}


def test_facts_may_be_triples(tmp_path):
    write_jsonl(tmp_path / "q.jsonl", [TRIPLES])
    (question,) = read_questions(tmp_path / "q.jsonl")
    assert question.facts == (Fact("Ada", "born_in", "London"), Fact("Ada", "age", "36"))
    assert question.topic_entities == ("Ada",) and question.gold_facts == (0,)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "facts",
            [["Ada", "born_in"]],
            r"no question .*at `\$.facts\[0\]`.* Facts are \[head, relation, tail\], three texts",
        ),
        ("facts", [["Ada", "age", 36]], r"no question .*at `\$.facts\[0\].*"),
        ("gold_facts", [0, 99], r"question 't' has the gold_facts \(0, 99\)"),
    ],
)
def test_a_graph_that_is_none_is_named_or_skipped(tmp_path, field, value, message):
    write_jsonl(tmp_path / "q.jsonl", [QUESTIONS[0], {**TRIPLES, field: value}])
    with pytest.raises(DataError, match=f"q.jsonl:2: {message}"):
        load_native(tmp_path / "q.jsonl")
    assert len(load_native(tmp_path / "q.jsonl", strict=False).skipped) == 1
