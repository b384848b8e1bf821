import pytest
from tiny_llms import byte_tokenizer, causal_lm, needs_llms

from hopgym.agents.llm.model_facts import context_of, end_tokens, playing, takes_of

needs_llms()
import torch  # noqa: E402


def test_what_a_model_takes_is_read_from_it():
    assert takes_of(causal_lm("qwen2")) == ("past_key_values", True, True, True)
    assert not takes_of(causal_lm("sliding")).by_token
    assert takes_of(causal_lm("bloom"), cache=False) == (None, False, True, False)
    assert takes_of(causal_lm("mamba2")) == ("cache_params", False, True, False)


def test_what_an_adapter_takes_is_read_from_its_base():
    peft = pytest.importorskip("peft")
    model = peft.get_peft_model(causal_lm(), peft.LoraConfig(task_type="CAUSAL_LM"))
    assert takes_of(model) == takes_of(causal_lm())


def test_the_model_says_what_ends():
    model = causal_lm()
    assert end_tokens(model, byte_tokenizer()) == {2}
    model.generation_config.eos_token_id = [0, 1]
    assert end_tokens(model, byte_tokenizer()) == {0, 1, 2}


def test_the_model_says_how_much_it_reads():
    assert context_of(causal_lm()) == 1024 and context_of(causal_lm("mamba2")) is None


def test_a_model_is_lent_without_gradients_and_given_back_as_it_was():
    model = causal_lm().train()
    with pytest.raises(ZeroDivisionError), playing(model):
        assert not model.training and not torch.is_grad_enabled()
        raise ZeroDivisionError
    assert model.training and torch.is_grad_enabled()
    with playing(model.eval()):
        pass
    assert not model.training
