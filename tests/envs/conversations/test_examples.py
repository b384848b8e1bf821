import pytest
from rag_chats import ADA, VEL, roles

from hopgym.envs.conversations import create_rag_training_example, documents_shown
from hopgym.errors import ConfigError, DataError
from hopgym.retrieval.kb import RetrievedDocument


def test_its_parts_in_order():
    made = create_rag_training_example("Who?", [VEL], "Ada", "Be brief.")
    assert roles(made) == ["system", "retrieval", "user", "assistant"]
    assert made["messages"][1]["documents"][0]["content"] == VEL.text
    assert roles(create_rag_training_example("Who?")) == ["user"]


def test_hops_keep_their_queries():
    made = create_rag_training_example("Who?", answer="Ada", hops=[("Vel", [VEL]), ("Ada", [ADA])])
    hops = made["messages"][0]["hops"]
    assert [hop["query"] for hop in hops] == ["Vel", "Ada"] and hops[1]["hop"] == 2


def test_documents_in_any_form():
    given = [VEL, RetrievedDocument.of(ADA, 2.0, 7), {"_id": "c", "contents": "T\ntext"}]
    shown = documents_shown(create_rag_training_example("Who?", given))
    assert [(d.id, d.rank) for d in shown] == [("vel", 1), ("ada", 7), ("c", 0)]


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="give one of them"):
        create_rag_training_example("Who?", [VEL], hops=[("a", [])])
    with pytest.raises(DataError, match="is a str, not a record as"):
        create_rag_training_example("Who?", ["Vel"])
    with pytest.raises(DataError, match="has no 'text'"):
        create_rag_training_example("Who?", [{"title": "x"}])
