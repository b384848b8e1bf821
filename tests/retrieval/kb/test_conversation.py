import copy

import pytest

from hopgym.errors import ConfigError
from hopgym.retrieval.kb.conversation import POSITIONS, augment, query_of, with_retrieval
from hopgym.retrieval.kb.retrieved import RetrievedDocument

FOUND = [RetrievedDocument("a", "Ada", "One.", 1.0, rank=1)]
CHAT = {
    "id": "c1",
    "messages": [
        {"role": "system", "content": "Be brief.", "name": "s"},
        {"role": "user", "content": "Who was Ada?"},
        {"role": "assistant", "content": "A mathematician."},
        {"role": "user", "content": "Where was she born?"},
    ],
    "labels": [1, 2],
}


def roles(conversation):
    return [message["role"] for message in conversation["messages"]]


def test_before_user_is_before_the_last_one():
    asked = []
    made = augment(CHAT, lambda query: asked.append(query) or FOUND)
    assert asked == ["Where was she born?"]
    assert roles(made) == ["system", "user", "assistant", "retrieval", "user"]
    assert made["messages"][3] == {"role": "retrieval", "documents": [FOUND[0].to_dict()]}


def test_after_system_is_after_the_first_system_message():
    made = augment(CHAT, lambda query: FOUND, "after_system")
    assert roles(made) == ["system", "retrieval", "user", "assistant", "user"]


def test_after_system_is_the_start_without_one():
    chat = {"messages": CHAT["messages"][1:]}
    assert roles(augment(chat, lambda query: FOUND, "after_system"))[0] == "retrieval"


@pytest.mark.parametrize("position", POSITIONS)
def test_what_was_given_is_not_changed_nor_shared(position):
    before = copy.deepcopy(CHAT)
    made = augment(CHAT, lambda query: FOUND, position)
    assert before == CHAT
    assert made["id"] == "c1" and made["labels"] == [1, 2], "other keys are kept"
    made["labels"].append(3)
    for message in made["messages"]:
        message["content"] = "changed"
    assert before == CHAT


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "system", "content": "x"}],
        [{"role": "user", "content": " "}],
        [{"role": "user"}],
    ],
)
def test_without_a_question_nothing_is_looked_for(messages):
    def find(query):
        raise AssertionError("searched for nothing")

    made = augment({"messages": messages}, find)
    assert made == {"messages": messages} and made["messages"] is not messages


def test_nothing_found_is_nothing_added():
    assert augment(CHAT, lambda query: []) == CHAT


def test_the_text_of_a_message_in_parts_is_asked():
    parts = [
        {"type": "text", "text": "Who was"},
        {"type": "image"},
        {"type": "text", "text": "Ada?"},
    ]
    asked = []
    augment({"messages": [{"role": "user", "content": parts}]}, asked.append)
    assert asked == ["Who was\nAda?"]


def test_a_tuple_of_messages_is_a_conversation():
    made = augment({"messages": tuple(CHAT["messages"])}, lambda query: FOUND)
    assert len(made["messages"]) == 5


def test_an_unknown_position_is_refused():
    with pytest.raises(
        ConfigError, match=r"'before_users'.*before_user, after_system.*Did you mean"
    ):
        augment(CHAT, lambda query: FOUND, "before_users")


@pytest.mark.parametrize("given", [{}, [], "text", {"messages": "text"}, {"messages": ["text"]}])
def test_what_is_no_conversation_is_refused(given):
    with pytest.raises(ConfigError, match="is no conversation; give"):
        augment(given, lambda query: FOUND)


def test_the_query_is_what_the_last_user_message_says():
    assert query_of(CHAT) == "Where was she born?"
    assert query_of({"messages": CHAT["messages"][:1]}) == ""


def test_a_message_of_ones_own_is_put_in_its_place():
    message = {"role": "retrieval", "hops": []}
    made = with_retrieval(CHAT, message, "after_system")
    assert made["messages"][1] == message and made["messages"][1] is not message
    assert with_retrieval(CHAT, None) == CHAT
