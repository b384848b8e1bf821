"""What a policy begins as: boundaries are single tokens, and nothing else has changed."""

import pytest
from tiny_llms import byte_tokenizer, causal_lm, needs_llms

from hopgym.agents.llm.codec import TextCodec
from hopgym.agents.llm.loading import check_model, load_model
from hopgym.agents.refrag.settings import RefragSettings
from hopgym.agents.refrag.start import MADE, add_boundaries, make_start
from hopgym.envs.conversations import add_boundary_tokens
from hopgym.envs.grammars import make_grammar
from hopgym.envs.grammars.boundaries import BOUNDARY_TOKENS
from hopgym.errors import ConfigError

needs_llms()
import torch  # noqa: E402

TEXT = (
    "Question: Who?\n[RETRIEVAL_START]\n[DOC_1]\nTitle: Vel\nContent: x\n[/DOC_1]\n[RETRIEVAL_END]"
)


@pytest.fixture
def tiny():
    """Return the built-in model and its tokenizer."""
    return load_model(check_model("tiny"), device="cpu")


def test_boundaries_are_single_tokens_in_an_episodes_text(tiny) -> None:
    model, tokenizer = tiny
    before = len(TextCodec(tokenizer).encode(TEXT))
    assert add_boundaries(tokenizer, model) == len(BOUNDARY_TOKENS)
    assert add_boundaries(tokenizer, model) == 0
    codec = TextCodec(tokenizer)
    ids = codec.encode(TEXT)
    assert len(ids) < before - 30
    for token in ("[RETRIEVAL_START]", "[DOC_1]", "[/DOC_1]"):
        assert ids.count(tokenizer.convert_tokens_to_ids(token)) == 1


def test_boundaries_that_are_control_tokens_are_refused(tiny) -> None:
    _, tokenizer = tiny
    add_boundary_tokens(tokenizer)
    with pytest.raises(
        ConfigError, match="as control tokens, as `hopgym train rag_chat` adds them"
    ):
        add_boundaries(tokenizer)


def test_a_citation_is_seen_in_what_the_model_writes(tiny) -> None:
    _, tokenizer = tiny
    add_boundaries(tokenizer)
    codec = TextCodec(tokenizer)
    written = codec.decode(codec.encode("Answer: Lyon [DOC_2]"))
    move = make_grammar("rag").parse(written, 1)
    assert (move.text, move.numbers) == ("Lyon", (2,))


def test_new_rows_are_the_mean_and_the_old_ones_are_kept(tiny) -> None:
    model, tokenizer = tiny
    old = model.get_input_embeddings().weight.detach().clone()
    added = add_boundaries(tokenizer, model)
    new = model.get_input_embeddings().weight
    assert torch.equal(new[: len(old)], old) and len(new) == len(old) + added
    torch.testing.assert_close(new[-1], old.mean(0))
    assert model.config.vocab_size == len(tokenizer)


def test_an_output_of_its_own_gets_rows_too() -> None:
    import copy

    tokenizer = copy.deepcopy(byte_tokenizer())
    model = causal_lm(tokenizer=tokenizer)
    old = model.get_output_embeddings().weight.detach().clone()
    assert model.get_input_embeddings().weight is not model.get_output_embeddings().weight
    add_boundaries(tokenizer, model)
    torch.testing.assert_close(model.get_output_embeddings().weight[-1], old.mean(0))


def test_a_fresh_backbone_has_the_tokenizer_of_the_named_model(tmp_path) -> None:
    settings = RefragSettings(block_pattern="T,M", width=32, heads=2, feed_forward=32, state=8)
    made = make_start(settings, tmp_path / "start")
    model, tokenizer = load_model(check_model(made), device="cpu")
    assert model.config.layer_types == ["full_attention", "linear_attention"]
    assert tokenizer.convert_tokens_to_ids("[DOC_1]") < model.config.vocab_size == len(tokenizer)


def test_what_was_made_before_is_taken_and_what_needs_nothing_is_not_copied(tmp_path) -> None:
    folder = tmp_path / "start"
    settings = RefragSettings()
    assert make_start(settings, folder) == str(folder)
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert make_start(settings, folder) == str(folder)
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    assert make_start(RefragSettings(boundary_tokens=False), tmp_path / "no") == "tiny"


def test_a_start_of_another_model_or_half_of_one_is_not_taken(tmp_path) -> None:
    folder, size = tmp_path / "start", {"width": 32, "heads": 2, "feed_forward": 32, "state": 8}
    made = RefragSettings(block_pattern="T,M", **size)
    make_start(made, folder)
    weights = (folder / "model.safetensors").read_bytes()
    make_start(RefragSettings(block_pattern="M,T", **size), folder)
    assert load_model(check_model(folder), device="cpu")[0].config.layer_types[0][0] == "l"
    with pytest.raises(ConfigError, match="was made of another model or with other settings"):
        make_start(RefragSettings(block_pattern="T,M", **size, resume=True), folder)
    (folder / MADE).unlink()  # as a run leaves it that was killed while it wrote
    (folder / "model.safetensors").write_bytes(b"half")
    make_start(RefragSettings(block_pattern="T,M", **size, resume=True), folder)
    assert (folder / "model.safetensors").read_bytes() == weights


def test_a_model_that_is_none_is_told(tmp_path) -> None:
    with pytest.raises(ConfigError, match="no_such_model"):
        make_start(RefragSettings(model_name="no_such_model"), tmp_path)
