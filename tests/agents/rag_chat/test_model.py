import pytest
from rag_chats import needs_llms
from tiny_llms import CHAT, save_causal_lm

needs_llms()

from hopgym.agents.rag_chat.model import start  # noqa: E402
from hopgym.agents.rag_chat.settings import RagChatSettings  # noqa: E402
from hopgym.envs.grammars.boundaries import BOUNDARY_TOKENS  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402

TEXTS = ["Vel is a film by Ada Orm."] * 9


def begun(**given):
    return start(RagChatSettings(**given), lambda: TEXTS)


@pytest.mark.parametrize("pattern", ["T", "M", "T,M"])
def test_a_fresh_model_of_any_pattern_the_same_for_the_same_seed(pattern):
    one, two, other = (
        begun(block_pattern=pattern, width=32, vocabulary=300, seed=seed) for seed in (1, 1, 2)
    )
    weights = [p.model.get_input_embeddings().weight for p in (one, two, other)]
    assert (weights[0] == weights[1]).all() and (weights[0] != weights[2]).any()
    assert weights[0].shape[0] == len(one.tokenizer)
    end = one.tokenizer.convert_tokens_to_ids("<|assistant_end|>")
    assert end in one.model.generation_config.eos_token_id


def test_a_folder_by_its_tag_and_a_fresh_model_with_its_tokenizer(tmp_path):
    save_causal_lm(tmp_path / "d2")
    policy = begun(source=str(tmp_path), model_tag="d2")
    assert policy.model.get_input_embeddings().weight.shape[0] == len(policy.tokenizer) == 486
    fresh = begun(source=str(tmp_path / "d2"), block_pattern="T", width=32)
    assert len(fresh.tokenizer) == 486 and fresh.model.config.hidden_size == 32
    with pytest.raises(ConfigError, match="has no model 'd3'; it has: d2"):
        begun(source=str(tmp_path), model_tag="d3")


def test_a_chat_model_keeps_its_template_and_its_end(tmp_path):
    save_causal_lm(tmp_path / "m", chat_template=CHAT)
    policy = begun(source=str(tmp_path / "m"))
    assert len(policy.tokenizer) == 396 + len(BOUNDARY_TOKENS)
    assert policy.model.generation_config.eos_token_id == [policy.tokenizer.eos_token_id]


def test_the_model_that_comes_with_the_package():
    policy = begun(source="tiny")
    assert "[DOC_1]" in policy.tokenizer.get_vocab()
