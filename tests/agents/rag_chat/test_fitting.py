from copy import deepcopy

import pytest

from hopgym.agents.rag_chat.fitting import drop_last_document, fitted


def chat(*messages):
    return {"messages": [*messages, {"role": "user", "content": "?"}]}


def plain(*names):
    return {"role": "retrieval", "documents": list(names)}


def hops(*each):
    return {"role": "retrieval", "hops": [{"query": "q", "documents": list(d)} for d in each]}


def shown(conversation):
    return [
        name
        for message in conversation["messages"]
        for part in message.get("hops", [message])
        for name in part.get("documents", ())
    ]


@pytest.mark.parametrize(
    "found", [[plain(*"abc")], [hops("ab", "", "c")], [plain("a"), hops("bc")]]
)
def test_the_last_documents_go_first_and_their_message_with_the_last_of_it(found):
    given = chat(*found)
    before = deepcopy(given)
    for room in (3, 2, 1, 0):
        kept = fitted(given, lambda one: len(shown(one)), room)
        assert shown(kept) == list("abc")[:room]
    assert given == before and kept["messages"] == [{"role": "user", "content": "?"}]


def test_what_fits_is_returned_as_it_is():
    given = chat(plain("a"))
    assert fitted(given, lambda one: 1, 1) is given


def test_what_never_fits_is_none():
    assert fitted(chat(plain("a")), lambda one: 9, 1) is None


def test_where_there_is_nothing_to_drop():
    assert not drop_last_document(chat())
    empty = chat(hops(""))
    assert drop_last_document(empty) and len(empty["messages"]) == 1
