import json

import pytest
from rag_chats import CORPUS, chat, roles

from hopgym.envs.conversations import MultiHopRAGTask, RAGTask, StaticRAGTask, write_contexts
from hopgym.envs.conversations.static import find_contexts
from hopgym.errors import ConfigError, DataError

FOUND = {"documents": [{"id": "a", "title": "Vel", "content": "A film."}, {"text": "Ada."}]}


def written(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_the_order_in_which_files_are_looked_for(tmp_path):
    base = tmp_path / "found"
    plain = written(tmp_path / "found.jsonl", FOUND)
    assert find_contexts(plain, "dev") == plain
    inside = written(base / "dev.jsonl", FOUND)
    assert find_contexts(base, "dev") == inside
    named = written(tmp_path / "found_dev.jsonl", FOUND)
    assert find_contexts(base, "dev") == named
    with pytest.raises(DataError, match=r"found_test\.jsonl, .*found/test\.jsonl, .*found\. Write"):
        find_contexts(base, "test")


def test_contexts_in_the_order_of_the_chats(tmp_path):
    file = written(tmp_path / "c.jsonl", FOUND, {"documents": []})
    task = StaticRAGTask([chat("Who?"), chat("Where?")], file)
    assert roles(task[0]) == ["retrieval", "user", "assistant"] and roles(task[1])[0] == "user"
    assert [d["content"] for d in task[0]["messages"][0]["documents"]] == ["A film.", "Ada."]
    assert len(StaticRAGTask(task.base_task, file, top_k=1)[0]["messages"][0]["documents"]) == 1
    with pytest.raises(DataError, match="holds 2 contexts without `id` or `query` for 3 chats"):
        StaticRAGTask([chat()] * 3, file)


@pytest.mark.parametrize("name", ["id", "question_id", "query"])
def test_contexts_by_what_they_name(tmp_path, name):
    value = {"query": "Who?"}.get(name, "7")
    file = written(tmp_path / "c.jsonl", {name: "x", "documents": []}, {name: value, **FOUND})
    task = StaticRAGTask([chat("Who?", id=7)], file)
    assert task[0]["messages"][0]["documents"][0]["id"] == "a"
    with pytest.raises(DataError, match=r"has no context for the chat 0, whose .* is "):
        StaticRAGTask([chat("Other?", id=8)], file)[0]


def test_whole_conversations_need_no_base(tmp_path):
    whole = {"messages": [{"role": "retrieval", **FOUND}, *chat()["messages"]], "id": "w"}
    task = StaticRAGTask(None, written(tmp_path / "c.jsonl", whole, whole))
    assert len(task) == 2 and task[1] == whole and len(task[:1]) == 1
    with pytest.raises(ConfigError, match="holds whole conversations; leave base_task out"):
        StaticRAGTask([chat()], tmp_path / "c.jsonl")
    with pytest.raises(ConfigError, match="give their base_task"):
        StaticRAGTask(None, written(tmp_path / "d.jsonl", FOUND))


@pytest.mark.parametrize("kind", [RAGTask, MultiHopRAGTask])
def test_what_a_task_found_is_written_and_read_back(tmp_path, kind):
    base = [chat("Where was the maker of Vel born?", question_id="q"), chat("zzz", question_id="r")]
    task = kind(base, documents=CORPUS)
    assert write_contexts(task, tmp_path / "c.jsonl") == 2
    assert list(StaticRAGTask(base, tmp_path / "c.jsonl")) == list(task)
    assert list(StaticRAGTask(base[::-1], tmp_path / "c.jsonl")) == list(task)[::-1]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"docs": []}, r"c\.jsonl:1: has no list of `documents`"),
        ({"documents": [{"title": "x"}]}, "has no 'text'"),
        ({"documents": ["Vel"]}, r"c\.jsonl:1: The document: is a str, not a record"),
        ({"hops": ["Vel"]}, r"c\.jsonl:1: has the hops \['Vel'\]; give a list of"),
        ({"hops": None}, "has the hops None"),
        (7, "a record is an object"),
    ],
)
def test_bad_records_are_told_with_their_place(tmp_path, row, message):
    with pytest.raises(DataError, match=message):
        StaticRAGTask([chat()], written(tmp_path / "c.jsonl", row))


@pytest.mark.parametrize("top_k", [0, -1, "2"])
def test_top_k_is_a_whole_number(tmp_path, top_k):
    with pytest.raises(ConfigError, match=r"top_k is .*; give a whole number from 1"):
        StaticRAGTask([chat()], written(tmp_path / "c.jsonl", FOUND), top_k=top_k)


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no contexts"):
        StaticRAGTask([chat()], written(tmp_path / "c.jsonl"))
