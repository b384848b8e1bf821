import json

import pytest
from rag_chats import CORPUS, chat

from hopgym.envs.conversations import (
    MultiHopRAGTask,
    RAGTask,
    StaticRAGTask,
    create_rag_task,
    write_contexts,
)
from hopgym.errors import UnknownNameError


def test_every_kind_over_anything(tmp_path):
    file = tmp_path / "chats.jsonl"
    file.write_text(json.dumps(chat()))
    for base in ([chat()], file, str(file)):
        assert type(create_rag_task(base, documents=CORPUS)) is RAGTask
        multi = create_rag_task(base, "multi_hop", documents=CORPUS, max_hops=3)
        assert type(multi) is MultiHopRAGTask and multi.max_hops == 3
    write_contexts(multi, tmp_path / "found_dev.jsonl")
    static = create_rag_task(
        [chat()], "static", split="dev", retrieval_path=tmp_path / "found", top_k=1
    )
    assert type(static) is StaticRAGTask and static.path.name == "found_dev.jsonl"


def test_whole_conversations_from_a_file_alone(tmp_path):
    (tmp_path / "c.jsonl").write_text(json.dumps(chat()))
    assert create_rag_task(None, "static", retrieval_path=tmp_path / "c.jsonl")[0] == chat()


def test_a_question_set_brings_what_is_searched():
    task = create_rag_task("world?entities=120", split="dev", limit=2, system="Be brief.")
    assert [m["role"] for m in task[0]["messages"]][:2] == ["system", "retrieval"]


def test_an_unknown_kind_is_refused():
    with pytest.raises(UnknownNameError, match=r"'multihop'. Did you mean 'multi_hop'"):
        create_rag_task([chat()], "multihop")
