from dataclasses import replace

import pytest
from tiny_llms import needs_llms

from hopgym.agents.ppo.memory import QWEN_05B, Calculation, Shape
from hopgym.agents.ppo.settings import PPOSettings
from hopgym.errors import ConfigError

GIB = 2**30
PRESET = PPOSettings.preset("qwen2.5-0.5b-4gb")


def calculated(**changes):
    return Calculation(QWEN_05B, replace(PRESET, **changes))


def moment(calculation, part):
    (found,) = (each for each in calculation.moments if part in each.name)
    return found


def test_the_preset_fits_its_gpu():
    assert Calculation(QWEN_05B, PRESET).peak.bytes < 2 * GIB
    # What a GPU of 4 GB leaves when the driver has its share.
    assert Calculation(QWEN_05B, PRESET).peak.bytes < 3.4 * GIB


def test_without_chunks_the_logits_alone_would_fill_it():
    whole = Calculation(QWEN_05B, PRESET, logits_at_once=2**40)
    assert moment(whole, "gradient of logits").bytes > 3.4 * GIB
    assert moment(calculated(), "gradient of logits").bytes < 1.5 * GIB


def test_keys_and_values_by_hand():
    ending = moment(calculated(), "a turn ends").items[-1]
    # copies, rows, tokens, keys and values, layers, heads, their size, bytes
    assert ending.bytes == 3 * 8 * 2048 * 2 * 24 * 2 * 64 * 2


def test_what_is_trained_by_hand():
    weights, adapter, head = calculated().fixed()
    assert weights.bytes == 2 * QWEN_05B.parameters
    # 32 bits of weights, gradients and two means; rank 8 on queries (896 x 896) and values (x 128)
    assert adapter.bytes == 16 * 24 * 8 * (896 + 896 + 896 + 128)
    assert head.bytes == 16 * (896 * 896 + 896 + 896 + 1)
    assert calculated(algorithm="rloo").fixed()[2].bytes == 0


def test_all_linear_layers_may_be_adapted():
    every = calculated(lora_target_modules="all-linear").fixed()[1].bytes
    assert every == 16 * QWEN_05B.adapter(8, list(QWEN_05B.modules))
    assert every > 4 * calculated().fixed()[1].bytes


def test_gradient_checkpointing_saves_most_activations():
    kept = moment(calculated(gradient_checkpointing=False), "gradient of a layer")
    again = moment(calculated(), "gradient of a layer")
    assert kept.bytes > again.bytes + GIB


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"num_envs": 16}, "prompts are read"),
        ({"num_envs": 16}, "a turn ends"),
        ({"batch_tokens": 4096}, "gradient of a layer"),
        ({"batch_tokens": 4096}, "gradient of logits"),
        ({"precision": "float32"}, "old log-probabilities"),
        ({"lora_r": 16}, "a turn ends"),
    ],
)
def test_more_takes_more(change, where):
    assert moment(calculated(**change), where).bytes > moment(calculated(), where).bytes


def test_shapes_are_read_from_models():
    needs_llms()
    import transformers

    config = transformers.Qwen2Config(
        vocab_size=151_936,
        hidden_size=896,
        num_hidden_layers=24,
        num_attention_heads=14,
        num_key_value_heads=2,
        intermediate_size=4_864,
        tie_word_embeddings=True,
    )
    assert Shape.of(config) == QWEN_05B


@pytest.mark.parametrize("family", ["qwen2", "llama"])
def test_weights_are_counted_as_the_library_does(family):
    needs_llms()
    from tiny_llms import causal_lm

    model = causal_lm(family)
    assert Shape.of(model.config).parameters == sum(w.numel() for w in model.parameters())


@pytest.mark.parametrize(
    "change", [{"lora_r": 0}, {"context": 0}, {"precision": "auto"}], ids=lambda c: next(iter(c))
)
def test_what_cannot_be_calculated_is_refused(change):
    with pytest.raises(ConfigError, match=r"calculated for LoRA.*Give lora_r=8, context=2048"):
        calculated(**change)


def test_modules_that_no_layer_has_are_refused():
    with pytest.raises(ConfigError, match="no query; it has q_proj, k_proj"):
        calculated(lora_target_modules="query").fixed()
