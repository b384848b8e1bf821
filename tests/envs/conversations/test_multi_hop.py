import pytest
from rag_chats import ADA, CORPUS, TESSA, VEL, Counting, chat

from hopgym.envs.conversations import MultiHopRAGTask, create_rag_task, documents_shown
from hopgym.errors import ConfigError, UnknownNameError

QUESTION = "Where was the maker of Vel born?"


class Asks:
    """A user's own generator."""

    fingerprint = "asks"

    def __init__(self, *queries):
        self.queries = queries

    def __call__(self, question, hops):
        return self.queries[len(hops) - 1] if len(hops) <= len(self.queries) else None


def hops(task, place=0):
    return task[place]["messages"][0]["hops"]


def test_defect_4_the_second_hop_asks_something_else_than_the_first():
    """Seed 004's `_extract_followup_query` always returned None: one hop for ever."""
    task = MultiHopRAGTask([chat(QUESTION)], documents=CORPUS, top_k_per_hop=1)
    first, second = hops(task)
    assert (first["query"], second["query"]) == (QUESTION, "Ada Orm Where was the maker of born?")
    assert [d["id"] for d in first["documents"]] == ["vel"]
    assert [d["id"] for d in second["documents"]] == ["ada"]


@pytest.mark.parametrize("generator", ["titles", "entities", "template?template={name}"])
def test_generators_by_name(generator):
    task = MultiHopRAGTask([chat(QUESTION)], documents=CORPUS, top_k_per_hop=1, generator=generator)
    assert len(hops(task)) == 2 and "Ada Orm" in hops(task)[1]["query"]


def test_ones_own_generator_and_where_it_stops():
    own = Asks("Ada", "Tessa")
    task = MultiHopRAGTask(
        [chat("Vel?")], retriever=Counting(), max_hops=5, top_k_per_hop=1, generator=own
    )
    assert [hop["query"] for hop in hops(task)] == ["Vel?", "Ada", "Tessa"]


def test_a_document_is_shown_once_where_it_was_found_first():
    task = MultiHopRAGTask([chat("Vel Ada")], retriever=Counting([VEL, ADA]), generator=Asks("Ada"))
    shown = [document.id for document in documents_shown(task[0])]
    assert shown == ["vel", "ada"] and hops(task)[1]["documents"] == []


def test_the_budget_is_over_all_hops():
    task = MultiHopRAGTask(
        [chat(QUESTION)], documents=CORPUS, max_hops=3, top_k_per_hop=1, max_documents=2
    )
    assert len(documents_shown(task[0])) == 2


def test_all_chats_of_a_batch_take_a_hop_together():
    found = Counting([VEL, ADA, TESSA])
    base = [chat(f"Vel {n}") for n in range(6)]
    MultiHopRAGTask(base, retriever=found, max_hops=2, generator=Asks("Ada")).prefetch()
    assert [len(call) for call in found.calls] == [6, 6]


def test_hops_find_more_gold_of_two_hop_questions_than_one_search():
    chats = {"split": "dev", "limit": 30, "base_task": "world?entities=300&hops=2-2&kinds=chain"}
    once = create_rag_task(task_type="dynamic", top_k=4, **chats)
    twice = create_rag_task(task_type="multi_hop", top_k_per_hop=2, **chats)

    def told(task):
        return sum(
            any(one["answers"][0] in document.content for document in documents_shown(one))
            for one in task
        )

    assert all(len(documents_shown(one)) <= 4 for one in twice)
    assert told(twice) > 2 * told(once)


def test_nothing_found_is_no_message():
    task = MultiHopRAGTask([chat("zzz?")], retriever=Counting())
    assert task[0] == chat("zzz?")


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="max_hops is 0"):
        MultiHopRAGTask([chat()], documents=CORPUS, max_hops=0)
    with pytest.raises(UnknownNameError, match=r"'title'.*Did you mean 'titles'"):
        MultiHopRAGTask([chat()], documents=CORPUS, generator="title")
