from copy import deepcopy

import pytest
from rag_chats import CORPUS, VEL, Counting, chat, roles

from hopgym.core import Document
from hopgym.envs.conversations import RAGTask, make_chats
from hopgym.errors import ConfigError, RetrievalError
from hopgym.retrieval.kb import RetrievalManager


def many(count=10):
    return [chat(f"Vel {n}?", f"answer-{n}", id=n) for n in range(count)]


def test_documents_stand_before_the_last_user_message_or_after_the_system():
    given = {"messages": [{"role": "system", "content": "."}, *chat("Hi", "Yes")["messages"]]}
    given["messages"] += chat("Who made Vel?")["messages"]
    before = RAGTask([given], documents=CORPUS, top_k=1)[0]
    assert roles(before) == ["system", "user", "assistant", "retrieval", "user", "assistant"]
    assert before["messages"][3]["documents"][0]["id"] == "vel"
    after = RAGTask([given], documents=CORPUS, insert_position="after_system")[0]
    assert roles(after)[:2] == ["system", "retrieval"]


def test_what_is_given_is_never_changed_and_other_keys_are_kept():
    base = many(3)
    before = deepcopy(base)
    made = RAGTask(base, documents=CORPUS)[0]
    made["messages"][0]["documents"][0]["title"] = "changed"
    made["messages"][1]["content"] = "changed"
    assert base == before and made["id"] == 0 and VEL.title == "Vel"
    assert RAGTask(base, documents=CORPUS)[0]["messages"][0]["documents"][0]["title"] == "Vel"


def test_what_was_kept_is_not_what_was_handed_out():
    task = RAGTask([chat("Vel?")], retriever=Counting())
    task[0]["messages"][0]["documents"].clear()
    assert task[0]["messages"][0]["documents"]


def test_slices_and_negative_places_share_what_was_found():
    found = Counting()
    task = RAGTask(many(), retriever=found)
    part = task[2:8:2]
    assert isinstance(part, RAGTask) and [one["id"] for one in part] == [2, 4, 6]
    assert part[-1]["id"] == 6 and task[-1]["id"] == 9 and part[1:][0]["id"] == 4
    asked = len(found.calls)
    assert task[4]["id"] == 4 and task[6]["id"] == 6 and len(found.calls) == asked
    for place in (10, -11):
        with pytest.raises(IndexError):
            task[place]


def test_it_searches_in_batches_and_asks_for_nothing_twice():
    found = Counting()
    task = RAGTask([*many(), *many()], retriever=found)
    assert task.prefetch(batch_size=4) is task
    assert [len(call) for call in found.calls] == [4, 4, 2]
    assert len(list(task)) == 20 and len(found.calls) == 3


def test_one_alone_equals_one_of_a_batch():
    task, walked = (RAGTask(many(), documents=CORPUS) for _ in range(2))
    assert [task[n] for n in range(10)] == list(walked)


def test_no_gold_answer_reaches_the_search_or_stands_before_the_assistant():
    found = Counting()
    for made in RAGTask(many(), retriever=found):
        *before, last = made["messages"]
        assert last["content"].startswith("answer-") and "answer-" not in str(before)
    assert "answer" not in str(found.calls)


@pytest.mark.parametrize("spec", ["world?entities=120", "world?entities=300&hops=2-2"])
def test_a_question_set_s_answers_do_not_leak(spec):
    for made in RAGTask(make_chats(spec, "dev", limit=20), retriever="empty"):
        assert roles(made) == ["user", "assistant"]
        assert made["messages"][1]["content"] not in made["messages"][0]["content"]


def test_retrieved_documents_do_not_change_after_the_next_query():
    """Defect 11 of the seed: shared documents got the score of the latest query."""
    task = RAGTask([chat("Vel film?"), chat("Vel Vel born Tessa?")], documents=CORPUS)
    first = task[0]
    before = deepcopy(first)
    task[1]
    assert first == before and first["messages"][0]["documents"][0]["rank"] == 1


def test_without_a_question_or_a_find_the_chat_is_as_it_was():
    base = [{"messages": [{"role": "system", "content": "x"}]}, chat("zzz?")]
    assert list(RAGTask(base, retriever=Counting())) == base


def test_a_manager_and_a_knowledge_base(tmp_path):
    manager = RetrievalManager("bm25")
    manager.add_documents(CORPUS)
    manager.save_knowledge_base(tmp_path / "kb")
    folder = RAGTask([chat("Vel?")], tmp_path / "kb", "bm25", top_k=2)
    assert folder[0] == RAGTask([chat("Vel?")], retriever=manager, top_k=2)[0]
    manager.add_documents([Document("new", "Vel II", "Vel.")])
    assert len(RAGTask([chat("Vel?")], retriever=manager)[0]["messages"][0]["documents"]) == 2


def test_a_failing_search_is_an_error_and_no_chat():
    class Broken(Counting):
        def search(self, queries, k):
            raise RetrievalError("down")

    with pytest.raises(RetrievalError, match="down"):
        RAGTask(many(), retriever=Broken())[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "There is nothing to search: these chats bring no documents"),
        ({"documents": CORPUS, "top_k": 0}, "top_k is 0"),
        ({"documents": CORPUS, "insert_position": "after_user"}, "insert_position is 'after_user'"),
        ({"retriever": "bm25", "retriever_type": "bm25"}, "give one of them"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        RAGTask([chat()], **options)


def test_a_base_without_a_length_is_refused():
    with pytest.raises(ConfigError, match="is no base of a task: it needs a length"):
        RAGTask(iter([]), documents=CORPUS)
