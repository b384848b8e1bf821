import json
import os

import pytest
from graphs import die

from hopgym.core import Fact, Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.kg import Graph, Rule, Settings, supervise, supervision, write_supervision
from hopgym.errors import ConfigError, DataError, HopgymError
from hopgym.files import read_jsonl

FACTS = tuple(
    Fact(*t.split())
    for t in ["ada born_in leeds", "ada likes leeds", "leeds in england", "bo likes ada", "x r y"]
)


def asked(id="q", topic=("ada",), answer=("england",), facts=FACTS):
    return Question(
        id, f"Where {id}?", answer, facts=facts, topic_entities=topic, answer_entities=answer
    )


def lines(file):
    return [record for _, record in read_jsonl(file)]


def test_a_line_has_the_fields_of_the_published_files_and_those_that_make_it_whole():
    record, told = supervise(asked())
    assert record == {
        "id": "q",
        "question": "Where q?",
        "triples": [(f.head, f.relation, f.tail) for f in FACTS],
        "paths": [["ada", "leeds", "england"]],
        "answer": ("england",),
        "graph_size": 5,
        "q_entity": ("ada",),
        "a_entity": ("england",),
        "labels": [1, 1, 1, 0, 0],
    }
    assert told == (5, 5, 3, 3, 2, True, True)


def test_an_answer_that_is_no_entity_is_labelled_where_it_stands_in_the_graph(tmp_path):
    facts = (*FACTS, Fact("leeds", "founded", "1207"))
    question = Question("y", "When?", ("1207", "anno 1207"), facts=facts, topic_entities=("ada",))
    record, told = supervise(question)
    assert record["a_entity"] == ("1207",) and record["labels"] == [1, 1, 0, 0, 0, 1]
    assert told.answer and told.hops == 2
    summary = write_supervision([question], tmp_path / "h.jsonl")  # sent without its facts
    (line,) = lines(tmp_path / "h.jsonl")
    assert line["a_entity"] == ["1207"] and line["labels"] == record["labels"]
    assert (summary.with_paths, summary.without_answer) == (1, 0)


def test_few_facts_are_those_near_the_topic_and_labels_stay_those_of_the_whole():
    record, told = supervise(asked(), Settings(max_facts=2))
    assert record["labels"] == [1, 1] and record["paths"] == [] and record["graph_size"] == 5
    assert told.positives == 3 and told.written == 2 and told.kept == 2


def test_paths_are_limited_and_labels_are_not():
    facts = tuple(Fact(*t.split()) for t in ["a r b", "b r d", "a r c", "c r d"])
    question = asked(topic=("a",), answer=("d",), facts=facts)
    record, _ = supervise(question, Settings(max_paths=1))
    assert len(record["paths"]) == 1 and record["labels"] == [1, 1, 1, 1]


def test_the_file_is_the_same_for_any_number_of_workers(tmp_path):
    questions = make_questions("world").questions("dev")[:40]
    seen = []
    settings = Settings(Rule(slack=1, min_precision=0.1))
    one = write_supervision(
        questions, tmp_path / "1.jsonl", settings, progress=lambda *at: seen.append(at)
    )
    two = write_supervision(questions, tmp_path / "2.jsonl.gz", settings, workers=2)
    assert one == two and one.lines == 40 == one.questions and seen[-1] == (40, 40)
    assert lines(tmp_path / "1.jsonl") == lines(tmp_path / "2.jsonl.gz")
    assert sum(one.hops.values()) == one.with_paths > 20


def test_what_is_written_is_read_again(tmp_path):
    write_supervision([asked()], tmp_path / "h.jsonl")
    (question,) = make_questions(tmp_path / "h.jsonl").questions("train")
    assert question.gold_facts == (0, 1, 2) and question.facts == FACTS
    assert question.topic_entities == ("ada",) and question.answer_entities == ("england",)


def test_the_gold_chain_of_the_world_is_labelled_where_no_way_is_shorter():
    chains = [q for q in make_questions("world").questions("dev") if q.type == "chain"]
    shortest = 0
    for question in chains[:80]:
        record, told = supervise(question, Settings(Rule(max_hops=None)))
        if question.answer_entities and told.hops == len(question.gold_facts):
            assert all(record["labels"][fact] for fact in question.gold_facts)
            shortest += 1
    assert shortest > 30


def test_the_summary_counts_what_has_no_path(tmp_path):
    questions = [
        asked("1"),
        asked("2", topic=("nobody",)),
        asked("3", answer=("nowhere",)),
        asked("4", answer=("x",)),
        asked("5", facts=()),
    ]
    summary = write_supervision(questions, tmp_path / "h", Settings(only_with_paths=True))
    assert [record["id"] for record in lines(tmp_path / "h")] == ["1"]
    assert (summary.questions, summary.with_paths, summary.lines) == (4, 1, 1)
    assert (summary.without_facts, summary.without_topic, summary.without_answer) == (1, 1, 1)
    assert summary.hops == {2: 1} and summary.mean_positives == 3 and summary.recall == 1


def test_questions_that_share_facts_share_the_graph(monkeypatch, tmp_path):
    made = []
    build = Graph.of
    monkeypatch.setattr(supervision.Graph, "of", lambda facts: made.append(1) or build(facts))
    write_supervision([asked(str(n)) for n in range(5)], tmp_path / "h")
    assert len(made) == 2  # an empty one to begin with


def test_nothing_is_left_of_a_file_that_failed(tmp_path):
    bad = asked("bad", facts=(Fact("a", "r", 3),))
    (tmp_path / "h").write_text("old")
    with pytest.raises(DataError, match="Question 'bad': A fact names 3"):
        write_supervision([asked(), bad], tmp_path / "h")
    assert (tmp_path / "h").read_text() == "old" and os.listdir(tmp_path) == ["h"]
    with pytest.raises(DataError, match="None of the 1 questions has facts"):
        write_supervision([asked(facts=())], tmp_path / "h")


def test_a_question_that_is_too_much_is_named(monkeypatch):
    monkeypatch.setattr("hopgym.envs.kg.precision.MOST", 1)
    with pytest.raises(DataError, match="Question 'q': More than 1 relation paths"):
        supervise(asked(), Settings(Rule(min_precision=0.1)))


def test_a_worker_that_dies_is_said_so(monkeypatch, tmp_path):
    monkeypatch.setattr(supervision, "_done", die)
    with pytest.raises(HopgymError, match=r"One of 2 workers died.*Try fewer workers"):
        write_supervision([asked()], tmp_path / "h", workers=2)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_facts": 0}, "max_facts is 0; it must be a whole number from 1"),
        ({"max_paths": -1}, "max_paths is -1; it must be a whole number from 0"),
        ({"max_paths": None}, "max_paths is None"),
    ],
)
def test_settings_that_cannot_be_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        Settings(**options)


def test_workers_and_folders_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="workers is 0"):
        write_supervision([asked()], tmp_path / "h", workers=0)
    with pytest.raises(DataError, match="is a folder"):
        write_supervision([asked()], tmp_path)


def test_a_line_is_json(tmp_path):
    write_supervision([asked('quote " and \u2028 line')], tmp_path / "h")
    (line,) = (tmp_path / "h").read_text(encoding="utf-8").strip().split("\n")
    assert json.loads(line)["id"] == 'quote " and \u2028 line'
