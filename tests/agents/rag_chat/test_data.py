import pytest
from rag_chats import (
    CORPUS,
    chat,
    colour_files,
    colour_settings,
    needs_llms,
    roles,
    tokenizers,
)

needs_llms()

from hopgym.agents.expert.encoding import IGNORED  # noqa: E402
from hopgym.agents.rag_chat.data import encode, make_tasks, texts_of  # noqa: E402
from hopgym.agents.rag_chat.settings import RagChatSettings  # noqa: E402
from hopgym.envs.conversations import RAGTask, add_boundary_tokens  # noqa: E402
from hopgym.envs.conversations.render import Renderer  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402


@pytest.fixture
def renderer():
    tokenizer = tokenizers()[0]
    add_boundary_tokens(tokenizer)
    return Renderer(tokenizer)


def test_labels_are_what_the_assistant_says(renderer):
    task = RAGTask([chat("Who made Vel?", "Ada")], documents=CORPUS)
    (row,) = encode(task, renderer, 500).training.encoded.rows
    assert len(row.input_ids) == len(row.labels)
    assert renderer.decode(row.learnt[:-1]) == "Ada" and row.learnt[-1] in renderer.ends
    assert row.labels[0] == IGNORED


def test_too_long_ones_show_fewer_documents_and_then_are_left_out(renderer):
    task = RAGTask([chat("Who made Vel?", "Ada"), chat("x" * 900, "y")], documents=CORPUS)
    whole = len(renderer.render(task[0]).ids)
    made = encode(task, renderer, whole - 1)
    assert made.fewer == 1 and made.training.encoded.skipped == 1
    (row,) = made.training.encoded.rows
    assert len(row.input_ids) < whole and renderer.decode(row.learnt[:-1]) == "Ada"


def test_without_anything_to_learn_it_is_refused(renderer):
    with pytest.raises(ConfigError, match=r"None of 1 conversations has an assistant's message"):
        encode([chat("Who?", None)], renderer, 500)


def test_tasks_of_every_kind(tmp_path):
    (static,) = make_tasks(colour_settings(colour_files(tmp_path)))
    assert len(static) == 48 and roles(static[0])[0] == "retrieval"
    asked = {"source": "m", "tasks": ("world?entities=120",), "limit": 3, "split": "dev"}
    (dynamic,) = make_tasks(RagChatSettings(**asked, top_k=2, system="Be brief."))
    assert len(dynamic) == 3 and roles(dynamic[0])[:2] == ["system", "retrieval"]
    assert len(dynamic[0]["messages"][1]["documents"]) == 2
    (hops,) = make_tasks(RagChatSettings(**asked, task_type="multi_hop", max_hops=2))
    assert "hops" in hops[0]["messages"][0]


def test_a_tokenizer_can_learn_from_all_that_is_said_and_shown(tmp_path):
    texts = list(texts_of(make_tasks(colour_settings(colour_files(tmp_path)))[0]))
    assert {"Which?", "red", "Title: blue\nContent: blue blue blue"} <= set(texts)
