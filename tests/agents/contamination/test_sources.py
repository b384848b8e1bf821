import json

import pytest
from toy import QUESTIONS, ToyQuestions

from hopgym.agents.contamination.sources import of_chats, of_rows, read_asked
from hopgym.agents.expert.rows import StepRow, write_instructions
from hopgym.core import Fact, Question
from hopgym.envs.datasets.lazy import LazyQuestions
from hopgym.errors import ConfigError, DataError, UnknownNameError

WORLD = "world?entities=300&train=5&dev=3&test=2"


def write(file, *records):
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(file)


def test_a_split_may_be_named_or_meant():
    assert len(read_asked(WORLD, "train").questions) == 5
    assert len(read_asked(WORLD, "test", "dev").questions) == 2
    dev = read_asked(f"{WORLD}@dev", "train")
    assert len(dev.questions) == 3 and dev.name.endswith(" dev") and dev.scope and dev.documents
    assert len(read_asked(WORLD, "train", limit=2).questions) == 2


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"has no split 'exam'; it has: train, dev, test"):
        read_asked(f"{WORLD}@exam")
    with pytest.raises(ConfigError, match="has several splits"):
        read_asked(WORLD, "exam")
    with pytest.raises(DataError, match=r"No file 'nowhere\.jsonl'"):
        read_asked("nowhere.jsonl")
    with pytest.raises(UnknownNameError, match="'wold'"):
        read_asked("wold@train")


def test_a_file_of_questions_is_a_set(tmp_path):
    file = write(
        tmp_path / "mine.jsonl", {"id": "a", "question": "Who wrote Vel?", "answer": "Ada"}
    )
    (question,) = read_asked(file, "test").questions
    assert (question.id, question.text) == ("a", "Who wrote Vel?")


def test_rows_are_questions_each_once(tmp_path):
    row = StepRow(
        question_id="q", step=1, context="The question: Who wrote Vel?", question="Who wrote Vel?",
        output="Step 1:\nThe problem analysis: I know.\nThe final answer: Ada",
    )  # fmt: skip
    assert [q.text for q in of_rows([row, row], "rows").questions] == ["Who wrote Vel?"]
    file = tmp_path / "rows.jsonl"
    write_instructions(file, [row])
    told = read_asked(str(file), "train")
    assert [q.text for q in told.questions] == ["Who wrote Vel?"] and told.scope == ""


def test_conversations_are_what_their_users_ask(tmp_path):
    chat = {
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Who wrote Vel?"},
            {"role": "assistant", "content": "Ada."},
            {"role": "user", "content": "And where was she born?"},
            {"role": "user", "content": [{"type": "image"}]},
        ]
    }
    told = of_chats([chat, chat], "chats")
    assert [q.text for q in told.questions] == ["Who wrote Vel?", "And where was she born?"]
    file = write(tmp_path / "chats.jsonl", chat)
    assert [q.text for q in read_asked(file).questions] == [q.text for q in told.questions]


def test_graphs_are_made_where_they_are_asked_for(monkeypatch):
    facts = (Fact("Vel", "author", "Ada"),)
    whole = [Question(q.id, q.text, q.answers, facts=facts, gold_facts=(0,)) for q in QUESTIONS]
    lazy = LazyQuestions(QUESTIONS, lambda place, outline: whole[place])
    monkeypatch.setattr(ToyQuestions, "questions", lambda self, split: lazy)
    monkeypatch.setattr(
        "hopgym.agents.contamination.sources.make_questions", lambda spec: ToyQuestions()
    )
    assert all(not question.facts for question in read_asked("toy", "train").questions)
    made = read_asked("toy", "train", graphs=True, limit=1)
    assert [question.facts for question in made.questions] == [facts]
