import math

import pytest
import torch
from tiny_rag import DOCUMENTS, QUESTIONS, model

from hopgym.agents.rag.precision import for_inference
from hopgym.errors import ConfigError


@pytest.mark.parametrize("variant", ["token", "sequence", "fid"])
@pytest.mark.parametrize("precision", ["bfloat16", "int8"])
def test_answers_stay_nearly_the_same(variant, precision):
    made = model(variant)
    rows = [DOCUMENTS, DOCUMENTS[:2]]
    before = made.answer(QUESTIONS, rows, max_new_tokens=4)
    assert for_inference(made, precision) is made
    for one, other in zip(before, made.answer(QUESTIONS, rows, max_new_tokens=4), strict=True):
        assert math.isclose(one.logp, other.logp, abs_tol=0.5)
        assert one.prior == pytest.approx(other.prior, abs=0.15)


def test_int8_is_smaller_and_keeps_no_float_in_linear_layers():
    made = for_inference(model(), "int8")
    assert not any(type(each) is torch.nn.Linear for each in made.modules())
    assert any("quantized" in type(each).__module__ for each in made.modules())
    assert not any(weights.requires_grad for weights in made.parameters())


def test_float32_is_as_it_is():
    made = model().train()
    assert for_inference(made) is made and not made.training
    assert all(weights.dtype == torch.float32 for weights in made.parameters())


def test_refusals():
    with pytest.raises(ConfigError, match="precision is 'int4'; it is float32, bfloat16 or int8"):
        for_inference(torch.nn.Linear(1, 1), "int4")
    with pytest.raises(ConfigError, match=r"'int8', which runs on CPUs, and the model is on meta"):
        for_inference(torch.nn.Linear(1, 1, device="meta"), "int8")
