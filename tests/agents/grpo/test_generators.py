from types import SimpleNamespace

import numpy as np
import pytest
from grpo_runs import DAG, Poisoned, trainer_of
from tiny_llms import CHAT, byte_tokenizer, causal_lm, needs_llms

needs_llms()
torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from hopgym.agents.grpo.bridge import Bridge  # noqa: E402
from hopgym.agents.grpo.generators import TrainersVLLM, generator_of  # noqa: E402
from hopgym.agents.llm.codec import TextCodec  # noqa: E402
from hopgym.agents.llm.sampling import Sampling  # noqa: E402
from hopgym.agents.llm.stops import Stop  # noqa: E402
from hopgym.agents.llm.transformers_generator import TransformersGenerator  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")

TOKENIZER = byte_tokenizer(CHAT)
CODEC = TextCodec(TOKENIZER)


class Engine:
    """What TRL's `vllm_generation` is: it writes prepared texts, whatever the stop."""

    def __init__(self, *texts):
        self.texts, self.asked = texts, []

    def generate(self, prompts, images, num_generations, profiler=None):
        self.asked.append((prompts, images, num_generations))
        ids = [CODEC.encode(text, control=True) for text in self.texts]
        logprobs = [[[-float(n)] for n in range(len(row))] for row in ids]
        return prompts, ids, logprobs, None


def fake_trainer(engine, *, mode="colocate", processes=1, parallel=1):
    args = SimpleNamespace(vllm_mode=mode, vllm_tensor_parallel_size=parallel)
    accelerator = SimpleNamespace(num_processes=processes, unwrap_model=lambda model: model)
    return SimpleNamespace(
        use_vllm=True, args=args, accelerator=accelerator, model=causal_lm(),
        processing_class=TOKENIZER, vllm_generation=engine,
    )  # fmt: skip


def test_the_trainers_own_model_writes_as_it_would_alone(tmp_path):
    trainer = trainer_of(tmp_path, Bridge(DAG, questions=Poisoned()))
    sampling = Sampling(max_new_tokens=6)
    trainer.model.train()
    with generator_of(trainer, sampling) as generator:
        told = generator.generate([[5, 6, 7]], [np.random.default_rng(0)])
    alone = TransformersGenerator(trainer.model, TOKENIZER, sampling)
    assert told == alone.generate([[5, 6, 7]], [np.random.default_rng(0)])
    assert trainer.model.training


def test_what_vllm_wrote_ends_where_the_turn_ends():
    engine = Engine("a</search> and more", "b<|im_end|>c", "no end at all")
    sampling = Sampling(max_new_tokens=5)
    with generator_of(fake_trainer(engine), sampling, 64) as generator:
        assert isinstance(generator, TrainersVLLM)
        rngs = [np.random.default_rng(n) for n in range(3)]
        one, two, three = generator.generate([[5], [6], [7]], rngs, Stop(("</search>",), keep=True))
    assert engine.asked == [([[5], [6], [7]], None, 1)]
    assert one.finish == "length" or one.text == "a</search>"
    assert two.finish == "eos" and two.text == "b" and two.ids[-1] == TOKENIZER.eos_token_id
    assert three.finish == "length" and len(three.ids) == 5
    assert three.logprobs == [-0.0, -1.0, -2.0, -3.0, -4.0]


def test_a_stop_within_the_limit_cuts_what_follows():
    engine = Engine("a</search> and more")
    with generator_of(fake_trainer(engine), Sampling(max_new_tokens=40), 64) as generator:
        (told,) = generator.generate([[5]], [np.random.default_rng(0)], Stop(("</search>",), True))
    assert told.finish == "stop" and told.text == "a</search>"
    assert CODEC.decode(told.ids).startswith("a</search>") and len(told.ids) == len(told.logprobs)


def test_a_prompt_that_does_not_fit_is_cut_at_its_beginning():
    engine = Engine("a")
    with generator_of(fake_trainer(engine), Sampling(max_new_tokens=4), 10) as generator:
        (told,) = generator.generate([list(range(5, 25))], [np.random.default_rng(0)])
    assert engine.asked[0][0] == [list(range(19, 25))] and told.cut == 14


@pytest.mark.parametrize("changes", [{"mode": "server"}, {"parallel": 2}])
def test_processes_may_not_share_an_engine(changes):
    generator_of(fake_trainer(Engine(), **changes), Sampling()).__enter__()
    with pytest.raises(ConfigError, match="vllm_mode=colocate with vllm_tensor_parallel_size=1"):
        generator_of(fake_trainer(Engine(), processes=2, **changes), Sampling()).__enter__()
