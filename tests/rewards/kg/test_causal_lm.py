import json

import pytest
from tiny_llms import byte_tokenizer, causal_lm, needs_llms, save_causal_lm

from hopgym.errors import ConfigError
from hopgym.rewards.kg.causal_lm import load, log_likelihoods, write

needs_llms()
import torch  # noqa: E402

PAIRS = [([5, 6, 7, 8, 9, 10], [11, 12]), ([7], [8, 9, 10, 2]), ([30, 31], [2])]
FAMILIES = ["qwen2", "sliding", "llama", "bloom", "mamba2"]


def one_by_one(model, before, after):
    """The same, a token at a time."""
    total, row = 0.0, list(before)
    for token in after:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([row])).logits[0, -1]
        total += float(torch.log_softmax(logits.double(), 0)[token])
        row.append(token)
    return total


@pytest.mark.parametrize("family", FAMILIES)
def test_likelihoods_are_those_of_single_tokens(family):
    model = causal_lm(family)
    told = log_likelihoods(model, PAIRS)
    assert told == pytest.approx([one_by_one(model, *pair) for pair in PAIRS], abs=1e-3)
    assert all(value < 0 for value in told)
    assert [log_likelihoods(model, [p])[0] for p in PAIRS] == pytest.approx(told, abs=1e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_prompts_of_different_lengths_are_read_together(family):
    model, tokenizer = causal_lm(family), byte_tokenizer()
    prompts = [[5, 6, 7, 8, 9, 10, 40], [7, 50], [30, 31, 60]]
    alone = [write(model, tokenizer, [p], max_tokens=6)[0] for p in prompts]
    assert write(model, tokenizer, prompts, max_tokens=6) == alone
    assert len(set(alone)) > 1


def test_writing_is_greedy_whatever_the_model_says_of_itself():
    model, tokenizer = causal_lm(), byte_tokenizer()
    plain = write(model, tokenizer, [[5, 6]], max_tokens=8)
    settings = model.generation_config
    settings.do_sample, settings.temperature, settings.top_k = True, 5.0, 3
    settings.repetition_penalty, settings.num_beams = 1.9, 2
    state = torch.get_rng_state()
    assert write(model, tokenizer, [[5, 6]], max_tokens=8) == plain
    assert torch.equal(torch.get_rng_state(), state)


def test_a_folder_is_loaded_as_it_was_saved(tmp_path):
    model, tokenizer = load(save_causal_lm(tmp_path), "auto", "cpu")
    assert log_likelihoods(model, PAIRS) == log_likelihoods(causal_lm(), PAIRS)
    assert tokenizer.encode("Vel") == byte_tokenizer().encode("Vel") and not model.training
    assert load(tmp_path, "bfloat16", "cpu")[0].dtype == torch.bfloat16


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="could not be loaded as a causal language model"):
        load(tmp_path, "auto", "cpu")
    save_causal_lm(tmp_path)
    settings = json.loads((tmp_path / "config.json").read_text())
    one_more = {"num_hidden_layers": 3, "layer_types": ["full_attention"] * 3}
    (tmp_path / "config.json").write_text(json.dumps(settings | {"num_hidden_layers": 3}))
    with pytest.raises(ConfigError, match="could not be loaded as a causal language model"):
        load(tmp_path, "auto", "cpu")
    (tmp_path / "config.json").write_text(json.dumps(settings | one_more))
    with pytest.raises(ConfigError, match=r"lacks .* of its weights, such as model\.layers\.2"):
        load(tmp_path, "auto", "cpu")
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(ConfigError, match="in safetensors"):
        load(tmp_path, "auto", "cpu")
