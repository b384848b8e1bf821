import pytest

from hopgym.benchmarks.export.questions import asked_in, questions_of, questions_played
from hopgym.errors import ConfigError, DataError

WORLD = "world?entities=300&hops=1-2&train=4&dev=2&test=6"


def test_questions_of_a_set_and_of_results_are_the_same(text_results):
    asked = questions_of(WORLD, "test")
    played = questions_played(text_results)  # four files, and each question once
    assert (asked.name, asked.split) == (played.name, played.split) == ("world", "test")
    assert [(q.id, q.text, q.answers) for q in played.questions] == [
        (q.id, q.text, q.answers) for q in asked.questions
    ]


def test_one_set_and_one_split(text_results, records_of, tmp_path):
    from dataclasses import replace

    from hopgym.benchmarks.records import encode

    record = records_of(text_results, "read--oracle")[0]
    for name, split in (("a", "test"), ("b", "train")):
        (tmp_path / f"{name}--x.jsonl").write_bytes(encode(replace(record, split=split)))
    with pytest.raises(DataError, match=r"several question sets \(.* test, .* train\)"):
        questions_played(tmp_path)
    with pytest.raises(ConfigError, match="no split 'nowhere'"):
        questions_of(WORLD, "nowhere")


def test_facts_are_no_part_of_a_question():
    assert asked_in("dag").name == "dag"
    with pytest.raises(ConfigError, match="shows facts beside the question"):
        asked_in("select")
