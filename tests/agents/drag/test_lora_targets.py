import pytest
from tiny_llms import needs_llms

needs_llms()
from hybrid_llms import generator_lm  # noqa: E402

from hopgym.agents.drag.lora_targets import (  # noqa: E402
    expert_parameters,
    experts_note,
    lora_targets,
    state_spaces,
)
from hopgym.errors import ConfigError  # noqa: E402

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
MLP = ["gate_proj", "up_proj", "down_proj"]


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("qwen2", ATTENTION + MLP),
        ("llama", ATTENTION + MLP),
        ("nemotron_h", [*ATTENTION, "in_proj", "up_proj", "down_proj"]),
        ("bamba", [*ATTENTION, "in_proj", *MLP]),
        ("jamba", [*ATTENTION, "in_proj", "x_proj", *MLP]),
        ("mamba2", ["in_proj"]),
        ("bloom", ["query_key_value", "dense_h_to_4h", "dense_4h_to_h"]),
    ],
)
def test_auto_takes_what_the_architecture_has(family, expected):
    assert lora_targets(generator_lm(family)) == expected


def test_what_kernels_read_past_an_adapter_is_left_out_and_refused():
    model = generator_lm("nemotron_h")
    assert "out_proj" not in lora_targets(model, "all-linear")
    assert "in_proj" in lora_targets(model, "all-linear")
    with pytest.raises(ConfigError, match="out_proj: the kernels of Mamba layers read its weight"):
        lora_targets(model, "q_proj,out_proj")
    assert lora_targets(model, "q_proj, in_proj") == ["q_proj", "in_proj"]


def test_modules_that_are_not_there_are_named():
    with pytest.raises(ConfigError, match="gate_proj, which this model has not; it has: down_proj"):
        lora_targets(generator_lm("nemotron_h"), "q_proj,gate_proj")
    bare = generator_lm("qwen2")
    bare.model.layers = bare.model.layers[:0]
    with pytest.raises(ConfigError, match="none of its usual modules in Qwen2ForCausalLM; it has"):
        lora_targets(bare)


def test_routed_experts_are_told_of():
    model = generator_lm("nemotron_h")
    assert expert_parameters(model) == ["experts.down_proj", "experts.up_proj"]
    assert "4 to a layer" in experts_note(model)
    assert expert_parameters(generator_lm("qwen2")) == []
    assert experts_note(generator_lm("qwen2")) is None


def test_state_spaces_are_the_mamba_layers():
    assert len(state_spaces(generator_lm("nemotron_h", pattern="ME*MM"))) == 3
    assert len(state_spaces(generator_lm("bamba"))) == 1
    assert state_spaces(generator_lm("qwen2")) == []
