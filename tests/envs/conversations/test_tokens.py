from copy import deepcopy

import pytest
from rag_chats import byte_tokenizer, needs_llms, tokenizers
from tiny_llms import CHAT, causal_lm

needs_llms()
import torch  # noqa: E402
from tokenizers import AddedToken  # noqa: E402

from hopgym.agents.llm.codec import TextCodec  # noqa: E402
from hopgym.envs.conversations import CHAT_TOKENS, add_boundary_tokens  # noqa: E402
from hopgym.envs.conversations.tokens import control_ids  # noqa: E402
from hopgym.envs.grammars.boundaries import BOUNDARY_TOKENS  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402


@pytest.mark.parametrize("kind", [0, 1])
def test_defect_2_every_boundary_is_one_token(kind, tmp_path):
    """Seed 004 added no special tokens: [DOC_1] fell into many."""
    tokenizer = tokenizers()[kind]
    assert len(tokenizer.encode("[DOC_1]", add_special_tokens=False)) > 1
    assert add_boundary_tokens(tokenizer) == len(BOUNDARY_TOKENS) + len(CHAT_TOKENS)
    tokenizer.save_pretrained(tmp_path)
    for each in (tokenizer, type(tokenizer).from_pretrained(tmp_path)):
        for token in (*BOUNDARY_TOKENS, *CHAT_TOKENS):
            assert len(each.encode(token, add_special_tokens=False)) == 1
        assert add_boundary_tokens(each) == 0
        ids = each.encode("[DOC_1]", add_special_tokens=False, split_special_tokens=True)
        assert control_ids(each)["[DOC_1]"] not in ids, "a text's own is no control token"


def test_a_chat_template_needs_no_chat_tokens_unless_they_are_asked_for():
    tokenizer = deepcopy(byte_tokenizer(CHAT))
    assert add_boundary_tokens(tokenizer) == len(BOUNDARY_TOKENS)
    assert add_boundary_tokens(tokenizer, chat=True) == len(CHAT_TOKENS)


@pytest.mark.parametrize("family", ["qwen2", "mamba2"])
@pytest.mark.parametrize("tied", [False, True])
def test_the_model_gets_rows_at_the_mean_and_says_what_it_said(family, tied):
    tokenizer, model = deepcopy(byte_tokenizer()), causal_lm(family)
    if tied:
        model.config.tie_word_embeddings = True
        model.get_output_embeddings().weight = model.get_input_embeddings().weight
    known = len(tokenizer)
    ids = torch.tensor([tokenizer.encode("Where was Vel born?")])
    with torch.no_grad():
        before = model(ids).logits
    add_boundary_tokens(tokenizer, model)
    with torch.no_grad():
        after = model(ids).logits
    assert after.shape[-1] == len(tokenizer) == model.config.vocab_size
    assert torch.allclose(before, after[..., :known], atol=1e-5)
    for part in (model.get_input_embeddings(), model.get_output_embeddings()):
        mean = part.weight[:known].mean(dim=0)
        assert torch.allclose(part.weight[known:], mean.expand(len(tokenizer) - known, -1))


def test_a_model_with_room_to_spare_is_not_cut():
    tokenizer, model = deepcopy(byte_tokenizer()), causal_lm()
    model.resize_token_embeddings(1000)
    add_boundary_tokens(tokenizer, model)
    assert model.get_input_embeddings().weight.shape[0] == 1000


def test_another_model_s_tokenizer_and_missing_boundaries_are_refused():
    tokenizer, model = deepcopy(byte_tokenizer()), causal_lm()
    with pytest.raises(ConfigError, match=r"lacks 84 of the 84 boundaries, such as \[RETRIEVAL"):
        control_ids(tokenizer)
    model.resize_token_embeddings(50)
    with pytest.raises(ConfigError, match="for 50 tokens and the tokenizer has 396"):
        add_boundary_tokens(tokenizer, model)


def test_ordinary_boundaries_become_control_tokens_that_no_text_can_say():
    tokenizer = deepcopy(byte_tokenizer())
    tokenizer.add_tokens([AddedToken("[DOC_1]", normalized=False, special=False)])
    id = tokenizer.convert_tokens_to_ids("[DOC_1]")
    assert id in TextCodec(tokenizer).encode("see [DOC_1]")
    assert add_boundary_tokens(tokenizer, chat=False) == len(BOUNDARY_TOKENS) - 1
    assert tokenizer.convert_tokens_to_ids("[DOC_1]") == id
    assert id not in TextCodec(tokenizer).encode("see [DOC_1]")
    assert add_boundary_tokens(tokenizer, chat=False) == 0
