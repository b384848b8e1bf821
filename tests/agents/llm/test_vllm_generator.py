"""Against a stand-in for vLLM: the library itself needs a GPU, and was not run."""

import sys
import types
from pathlib import Path

import pytest
from tiny_llms import byte_tokenizer, needs_llms

from hopgym.agents.llm.sampling import Sampling
from hopgym.agents.llm.stops import Stop
from hopgym.agents.llm.vllm_generator import VLLMGenerator
from hopgym.errors import ConfigError, MissingExtraError
from hopgym.seeding import rng_for

needs_llms()
TAGS = Stop(("</search>",), keep=True)


class SamplingParams:
    """Takes what vLLM's takes, of what is used here."""

    def __init__(self, *, temperature, top_p, max_tokens, seed, stop, logprobs):
        assert 0 <= seed < 2**31 and logprobs == 0
        self.given = (temperature, top_p, max_tokens, tuple(stop))
        self.seed = seed


class LLM:
    """Answers with prepared outputs, and remembers what it was asked."""

    outputs: tuple = ()

    def __init__(self, *, model, dtype, max_model_len, load_format, trust_remote_code,
                 logprobs_mode, **engine):  # fmt: skip
        assert (load_format, trust_remote_code, logprobs_mode) == (
            "safetensors", False, "raw_logprobs",
        )  # fmt: skip
        self.made = (model, dtype, engine)
        config = types.SimpleNamespace(max_model_len=max_model_len or 100)
        self.llm_engine = types.SimpleNamespace(model_config=config)
        self.asked = []

    def get_tokenizer(self):
        return byte_tokenizer()

    def generate(self, prompts, sampling_params, *, use_tqdm):
        assert use_tqdm is False and len(prompts) == len(sampling_params)
        self.asked.append((prompts, sampling_params))
        return [types.SimpleNamespace(outputs=[output]) for output in self.outputs]


def output(text, finish_reason, stop_reason=None, extra=()):
    ids = [*byte_tokenizer().encode(text, add_special_tokens=False), *extra]
    entries = [{token: types.SimpleNamespace(logprob=-0.5 * n)} for n, token in enumerate(ids)]
    return types.SimpleNamespace(
        token_ids=ids, logprobs=entries, finish_reason=finish_reason, stop_reason=stop_reason
    )


@pytest.fixture
def vllm(monkeypatch):
    module = types.ModuleType("vllm")
    module.LLM, module.SamplingParams = LLM, SamplingParams
    monkeypatch.setitem(sys.modules, "vllm", module)
    return module


def generator(**settings):
    sampling = Sampling(temperature=0.7, top_p=0.9, max_new_tokens=20)
    return VLLMGenerator(Path("folder"), sampling, **settings)


def rngs():
    return [rng_for(1, 0), rng_for(1, 1)]


def test_it_is_asked_in_tokens_with_a_seed_for_each_prompt(vllm):
    model = generator(context=50, dtype="bfloat16", tensor_parallel_size=2)
    assert model._llm.made == ("folder", "bfloat16", {"tensor_parallel_size": 2})
    LLM.outputs = (output("a", "length"), output("b", "length"))
    for _ in range(2):
        model.generate([[1, 2], [3]], rngs(), TAGS)
    (prompts, first), (_, again) = model._llm.asked
    assert prompts == [{"prompt_token_ids": [1, 2]}, {"prompt_token_ids": [3]}]
    assert {each.given for each in first} == {(0.7, 0.9, 20, ("</search>",))}
    assert [each.seed for each in first] == [each.seed for each in again]
    assert first[0].seed != first[1].seed


def test_what_it_answers_is_kept_as_it_was_sampled(vllm):
    end = byte_tokenizer().eos_token_id
    LLM.outputs = (
        output("<search>Vel</search", "stop", "</search>",
               [byte_tokenizer().convert_tokens_to_ids(">ĊĊ")]),
        output("Vel", "stop", None, [end]),
    )  # fmt: skip
    stopped, ended = generator().generate([[1], [2]], rngs(), TAGS)
    assert stopped.text == "<search>Vel</search>" and stopped.tail == "\n\n"
    assert stopped.finish == "stop" and stopped.logprobs[:3] == [0.0, -0.5, -1.0]
    assert ended.finish == "eos" and ended.ids[-1] == end and ended.text == "Vel"
    LLM.outputs = (output("Vel</search>", "length"),)
    (cut,) = generator().generate([[1]], rngs()[:1], TAGS)
    assert cut.finish == "length" and cut.text == cut.written == "Vel</search>"


def test_long_prompts_are_cut_to_its_context(vllm):
    model = generator()
    assert model.room == 80
    LLM.outputs = (output("a", "length"),)
    with pytest.warns(UserWarning, match="has 90 tokens and 80 fit"):
        (row,) = model.generate([list(range(90))], rngs()[:1])
    assert row.cut == 10
    assert model._llm.asked[0][0] == [{"prompt_token_ids": list(range(10, 90))}]


def test_an_adapter_is_refused(vllm, tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"which engine=vllm does not read here\. Merge"):
        VLLMGenerator(tmp_path)


def test_without_vllm_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(MissingExtraError, match=r'pip install "hopgym\[vllm\]"'):
        generator()
