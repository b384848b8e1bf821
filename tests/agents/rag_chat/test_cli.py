import pytest
from rag_chats import colour_files, needs_llms
from typer.testing import CliRunner

needs_llms()

from hopgym.__main__ import build_app  # noqa: E402

SEED_FLAGS = [
    "--source", "--model_tag", "--knowledge_base", "--block_pattern", "--retriever_type",
    "--top_k", "--device_batch_size",
]  # fmt: skip


def run(*words):
    return CliRunner().invoke(build_app(), ["train", "rag_chat", *map(str, words)])


@pytest.mark.parametrize("flag", SEED_FLAGS)
def test_the_seed_s_flags_are_there(flag):
    shown = CliRunner().invoke(
        build_app(), ["train", "rag_chat", "--help"], terminal_width=200, color=False
    )
    assert flag in shown.output


def test_it_trains_from_a_knowledge_base(tmp_path):
    files = colour_files(tmp_path)
    documents = tmp_path / "docs.jsonl"
    documents.write_text('{"id": "a", "title": "Which", "text": "red or blue"}\n' * 1)
    from hopgym.retrieval.kb import Recipe, build

    build(tmp_path / "kb", [documents], Recipe("bm25"))
    told = run(
        "--block-pattern", "T,M", "--width", 32, "--vocabulary", 300,
        "--tasks", files / "chats.jsonl", "--knowledge_base", tmp_path / "kb",
        "--retriever_type", "bm25", "--top_k", 1, "--device_batch_size", 8, "--limit", 16,
        "--output_dir", tmp_path / "out",
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "2 steps on 16 conversations, loss" in told.output
    assert f"Next: hopgym bench --envs hopgym/RAG-v0 --agents {tmp_path / 'out'}" in told.output
    assert (tmp_path / "out" / "hopgym.json").is_file()


def test_a_run_without_a_model_says_what_to_give():
    assert "There is no model: give --source" in str(run("--top_k", 1).exception)
