import pytest
from tiny_llms import needs_llms, save_causal_lm

needs_llms()
from transformers import AutoTokenizer  # noqa: E402

from hopgym.agents.llm.call_state import forget_calls  # noqa: E402


def files(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def saved(tokenizer, folder, *, forgets=True):
    if forgets:
        forget_calls(tokenizer)
    tokenizer.save_pretrained(folder)
    return files(folder)


@pytest.mark.parametrize("call", [{"truncation": True, "max_length": 3}, {"padding": "longest"}])
def test_a_tokenizer_is_saved_in_the_same_bytes_however_it_was_called_and_loaded(tmp_path, call):
    save_causal_lm(tmp_path / "lm")
    first = AutoTokenizer.from_pretrained(str(tmp_path / "lm"))
    made = saved(first, tmp_path / "made")
    again = AutoTokenizer.from_pretrained(str(tmp_path / "made"), local_files_only=True)
    cut = again(["one text", "another, longer text"], **call)["input_ids"]
    assert saved(again, tmp_path / "careless", forgets=False) != made
    assert saved(again, tmp_path / "again") == made
    assert again(["one text", "another, longer text"], **call)["input_ids"] == cut
