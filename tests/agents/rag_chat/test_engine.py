from copy import deepcopy

import pytest
from rag_chats import ADA, CORPUS, VEL, Counting, needs_llms, roles, scripted, tokenizers

needs_llms()

from hopgym.agents.llm.sampling import Sampling  # noqa: E402
from hopgym.agents.rag_chat.engine import Engine  # noqa: E402
from hopgym.agents.rag_chat.model import start  # noqa: E402
from hopgym.agents.rag_chat.settings import RagChatSettings  # noqa: E402
from hopgym.envs.conversations import (  # noqa: E402
    add_boundary_tokens,
    create_rag_training_example,
)
from hopgym.errors import ConfigError  # noqa: E402
from hopgym.retrieval.kb import RetrievalManager  # noqa: E402

CHAT = create_rag_training_example("Who made Vel?", [VEL, ADA])
BARE = create_rag_training_example("Who made Vel?")


def engine(*turns, **options):
    tokenizer = tokenizers()[0]
    add_boundary_tokens(tokenizer)
    return Engine(scripted(tokenizer, turns), tokenizer, **options)


def test_defect_3_a_conversation_is_answered_with_checked_citations():
    """Seed 004 documented `generate_from_conversation` five times and defined it nowhere."""
    before = deepcopy(CHAT)
    said = engine("Ada Orm [DOC_1], not [DOC_9].").generate_from_conversation(CHAT)
    assert (said.text, said.finish) == ("Ada Orm [DOC_1], not [DOC_9].", "eos")
    assert [(c.number, c.document_id, c.shown) for c in said.citations] == [
        (1, "vel", True),
        (9, None, False),
    ]
    assert [d.id for d in said.documents] == ["vel", "ada"] and said.queries == []
    assert roles(said.conversation) == ["retrieval", "user", "assistant"] and before == CHAT


def test_a_stream_says_the_same_in_pieces():
    one = engine("Ada Orm [DOC_1], né à Tessa.")
    pieces = list(one.stream(CHAT))
    assert len(pieces) > 3 and {piece.kind for piece in pieces} == {"text"}
    said = "".join(piece.text for piece in pieces)
    assert said == one.generate_from_conversation(CHAT).text == "Ada Orm [DOC_1], né à Tessa."


def test_it_retrieves_for_a_conversation_without_documents():
    found = Counting()
    said = engine("Ada", retriever=found, top_k=1).generate_from_conversation(BARE)
    assert found.calls == [["Who made Vel?"]] and [d.id for d in said.documents] == ["vel"]
    engine("Ada", retriever=found).generate_from_conversation(CHAT)
    assert len(found.calls) == 1, "what shows documents is answered from them"


def test_a_query_of_the_model_is_searched_and_it_goes_on():
    found = Counting()
    one = engine("Query: Native", "Tessa [DOC_2]", retriever=found, top_k=1)
    said = one.generate_from_conversation(BARE)
    assert found.calls == [["Who made Vel?"], ["Native"]] and said.queries == ["Native"]
    assert roles(said.conversation)[1:] == ["user", "assistant", "retrieval", "assistant"]
    assert said.text == "Tessa [DOC_2]" and said.citations[0].document_id == "ada"
    pieces = list(one.stream(BARE))
    assert pieces[0] == ("Native", "query") and pieces[1].kind == "retrieval"
    assert "".join(p.text for p in pieces if p.kind == "text") == said.text


def test_a_document_that_is_shown_is_not_shown_again():
    said = engine("Query: Vel", "x", retriever=Counting(), top_k=1).generate_from_conversation(BARE)
    assert [d.id for d in said.documents] == ["vel"]


def test_queries_have_an_end_and_without_a_retriever_are_an_answer():
    found = Counting()
    one = engine(*["Query: Ada"] * 3, retriever=found, max_queries=2)
    said = one.generate_from_conversation(BARE)
    assert said.text == "Query: Ada" and len(said.queries) == 2 and len(found.calls) == 3
    assert "".join(p.text for p in one.stream(BARE) if p.kind == "text") == said.text
    assert engine("Query: Ada").generate_from_conversation(CHAT).text == "Query: Ada"
    assert [p.text for p in engine("Qu", retriever=found).stream(CHAT)] == ["Qu"]


def test_many_are_answered_as_each_alone():
    one = engine("Query: Ada", "Tessa", retriever=Counting())
    several = one.generate_from_conversations([BARE, CHAT, BARE])
    assert several == [one.generate_from_conversation(chat) for chat in (BARE, CHAT, BARE)]
    assert one.generate_from_conversations([]) == []


def test_a_manager_is_searched_too():
    manager = RetrievalManager("bm25")
    manager.add_documents(CORPUS)
    assert engine("x", retriever=manager).generate_from_conversation(BARE).documents


def real(pattern="T", **options):
    settings = RagChatSettings(block_pattern=pattern, width=32, vocabulary=300)
    policy = start(settings, lambda: ["Vel is a film by Ada Orm."] * 9)
    return Engine(policy.model, policy.tokenizer, **options)


@pytest.mark.parametrize("pattern", ["T", "M", "T,M"])
def test_every_kind_of_layer_answers_and_streams_alike(pattern):
    one = real(pattern, sampling=Sampling(temperature=0.8, max_new_tokens=8))
    said = one.generate_from_conversation(CHAT, seed=4)
    assert "".join(piece.text for piece in one.stream(CHAT, seed=4)) == said.text
    assert one.generate_from_conversation(CHAT, seed=4) == said


def test_a_stream_takes_back_nothing_where_bytes_are_no_character():
    """Bytes in a row are read together: one that is no part of a character spoils those before."""
    one = real(sampling=Sampling(temperature=1.5, max_new_tokens=16))
    said = [one.generate_from_conversation(CHAT, seed=seed).text for seed in range(12)]
    assert any("\ufffd" in text for text in said)
    for seed, text in enumerate(said):
        assert "".join(piece.text for piece in one.stream(CHAT, seed=seed)) == text


def test_what_is_too_long_shows_fewer_documents_and_then_is_refused():
    one = real(sampling=Sampling(temperature=0.0, max_new_tokens=4))
    one._context = len(one.renderer.prompt(CHAT)) + 3
    assert [d.id for d in one.generate_from_conversation(CHAT).documents] == ["vel"]
    one._context = 12
    with pytest.raises(ConfigError, match="longer than the 8 tokens that the model reads"):
        one.generate_from_conversation(CHAT)


@pytest.mark.parametrize(
    "chat", [{"messages": []}, create_rag_training_example("Who?", answer="Ada")]
)
def test_what_is_answered_already_is_refused(chat):
    with pytest.raises(ConfigError, match="There is nothing to answer"):
        engine("x").generate_from_conversation(chat)


def test_numbers_out_of_range_are_refused():
    for options in ({"top_k": 0}, {"max_queries": -1}):
        with pytest.raises(ConfigError, match=next(iter(options))):
            engine("x", **options)
