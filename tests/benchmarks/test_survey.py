import json

import pytest

from hopgym.benchmarks.survey import Finding, Holds, misspelt, survey
from hopgym.core import Document, Fact, Hop, Question
from hopgym.envs.datasets.loaded import LoadedQuestions

DOCUMENTS = [
    Document("d1", "Ull", "The Ull flows into the Mere."),
    Document("d2", "Mere", "A lake."),
]
FACTS = (Fact("Ull", "mouth", "Mere"), Fact("Mere", "north_of", "Vel"))
SOUND = Question(
    "q1",
    "Into which lake does the Ull flow?",
    ("the Mere",),
    hops=(Hop("Into which lake does the Ull flow?", "the Mere", ("d1",)),),
    document_ids=("d1",),
    facts=FACTS,
    topic_entities=("Ull",),
    answer_entities=("Mere",),
    gold_facts=(0,),
)


def surveyed(*questions, documents=DOCUMENTS):
    return survey(LoadedQuestions("mine", {"test": list(questions)}, documents))


def told(*questions, **more):
    """What is found beside that they are few."""
    return [one for one in surveyed(*questions, **more)[1] if not one.what.startswith("few")]


def changed(**fields):
    return Question(**{**{name: getattr(SOUND, name) for name in SOUND.__slots__}, **fields})


def test_what_a_set_holds_is_counted():
    plain = Question("q2", "Who?", ("Ada",))
    (holds,), _ = surveyed(SOUND, plain)
    assert holds == Holds("test", 2, "1", 1, 1, 1)
    assert surveyed(plain, documents=[])[0] == [Holds("test", 1, "", 0, None, 0)]


def test_a_sound_set_has_no_findings_but_that_it_is_small():
    assert told(SOUND) == []
    (note,) = surveyed(SOUND)[1]
    assert note == Finding("test", "few questions: an interval may be ± 100 points", 1, "", False)


@pytest.mark.parametrize(
    "fields, found, wrong",
    [
        ({"topic_entities": ("ull",)}, "topic entities that are in none of its facts", True),
        ({"answer_entities": ("Sea",)}, "answer entities that are in none of its facts", True),
        ({"topic_entities": ()}, "no topic entities", True),
        ({"gold_facts": ()}, "no gold facts", False),
        ({"document_ids": ("d9",)}, "gold documents that are in no corpus", False),
    ],
)
def test_each_mistake_is_found(fields, found, wrong):
    (finding,) = told(changed(**fields))
    assert found in finding.what and (finding.number, finding.example) == (1, "q1")
    assert finding.wrong is wrong


def test_a_question_that_stands_twice_is_found():
    (finding,) = told(SOUND, changed(id="q2"))
    assert finding == Finding("test", "the same text as another question", 2, "q1")


def test_fields_that_nothing_reads_are_named(tmp_path):
    line = {"id": "1", "question": "Who?", "answer": "Ada", "answer_entites": ["Ada"], "mood": 1}
    (tmp_path / "questions").mkdir()
    file = tmp_path / "questions" / "test.jsonl"
    file.write_text("\n".join([json.dumps(line), "{", json.dumps({**line, "id": "2"})]))
    close, other = misspelt(tmp_path)
    assert close == Finding(
        "test", "field not read; did you mean answer_entities?", 2, "answer_entites"
    )
    assert other == Finding("test", "field not read", 2, "mood", False)
    assert misspelt(file) == [close, other]


def test_files_of_other_shapes_have_fields_of_their_own(tmp_path):
    file = tmp_path / "hotpot.json"
    fields = {"_id": "1", "question": "?", "answer": "a", "supporting_facts": [], "context": []}
    file.write_text(json.dumps([fields]))
    assert misspelt(file) == [] == misspelt(tmp_path / "x.tsv")
