import functools
import warnings

import numpy as np
import pytest
from tiny_llms import FAMILIES, byte_tokenizer, causal_lm, needs_llms

from hopgym.agents.llm.generator import GenerationWarning
from hopgym.agents.llm.sampling import Sampling
from hopgym.agents.llm.stops import Stop
from hopgym.agents.llm.transformers_generator import TransformersGenerator
from hopgym.errors import AgentError, ConfigError
from hopgym.seeding import rng_for

needs_llms()
import torch  # noqa: E402

PROMPTS = [[5 + (3 * n + k) % 300 for n in range(3 + 9 * k)] for k in range(8)]
STOP = Stop(("e", "o"))


OWN = ("batch_size", "context", "cache", "memory")


def generator(model=None, family="qwen2", tokens=24, **settings):
    own = {name: settings.pop(name) for name in OWN if name in settings}
    sampling = Sampling(max_new_tokens=tokens, **settings)
    return TransformersGenerator(model or causal_lm(family), byte_tokenizer(), sampling, **own)


def rngs(rows=range(8), seed=1):
    return [rng_for(seed, row) for row in rows]


def close(ones, others):
    assert [one.ids for one in ones] == [other.ids for other in others]
    for one, other in zip(ones, others, strict=True):
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-4)
        assert one[2:] == other[2:]


@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_batch_of_8_equals_8_batches_of_1(family):
    model = generator(family=family)
    together = model.generate(PROMPTS, rngs(), STOP)
    alone = [model.generate([p], rngs([n]), STOP)[0] for n, p in enumerate(PROMPTS)]
    close(together, alone)
    assert len({len(row.ids) for row in together}) > 2  # rows have ended at different times


@pytest.mark.parametrize("family", list(FAMILIES))
def test_with_a_cache_equals_full_recomputation(family):
    cached = generator(family=family).generate(PROMPTS, rngs(), STOP)
    close(cached, generator(family=family, cache=False).generate(PROMPTS, rngs(), STOP))


@pytest.mark.parametrize("family", ["qwen2", "qwen3", "llama"])
def test_log_probabilities_are_those_of_one_pass_over_the_whole_row(family):
    model = causal_lm(family)
    written = generator(model, temperature=0.7, top_p=0.8).generate(PROMPTS, rngs())
    for prompt, row in zip(PROMPTS, written, strict=True):
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([prompt + row.ids])).logits[0].float()
        all_of = logits.log_softmax(-1)[len(prompt) - 1 : -1]
        expected = all_of[range(len(row.ids)), row.ids]
        assert row.logprobs == pytest.approx(expected.tolist(), abs=1e-4)


def test_greedy_is_what_the_library_itself_generates():
    model = causal_lm("qwen3")
    mine = generator(model, temperature=0).generate(PROMPTS, rngs())
    for prompt, row in zip(PROMPTS, mine, strict=True):
        theirs = model.generate(
            torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            max_new_tokens=24, do_sample=False, pad_token_id=0, eos_token_id=2,
        )  # fmt: skip
        assert theirs[0, len(prompt) :].tolist() == row.ids


def test_samples_follow_the_stream_and_the_temperature():
    model = generator()
    first = [row.ids for row in model.generate(PROMPTS, rngs())]
    assert first == [row.ids for row in model.generate(PROMPTS, rngs())]
    assert first != [row.ids for row in model.generate(PROMPTS, rngs(seed=2))]
    assert [row.ids for row in model.generate(PROMPTS[::-1], rngs(range(7, -1, -1)))] == first[::-1]
    cold = generator(temperature=0.01).generate(PROMPTS, rngs())
    greedy = generator(temperature=0).generate(PROMPTS, rngs())
    assert sum(np.sum(row.logprobs) for row in cold) > sum(map(sum, [
        row.logprobs for row in generator(temperature=3.0).generate(PROMPTS, rngs())]))  # fmt: skip
    assert [row.ids[0] for row in cold] == [row.ids[0] for row in greedy]


def says(text, then=()):
    """A model that writes this text, whatever it reads, and then these tokens over and over."""
    ids = [*byte_tokenizer().encode(text, add_special_tokens=False), *then]

    class Writes(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))
            self.config = causal_lm().config
            self.rows = []
            self.modes = []

        def forward(self, input_ids, attention_mask, use_cache):
            self.rows.append(len(input_ids))
            self.modes.append((self.training, torch.is_grad_enabled()))
            length = attention_mask.sum(-1)
            if len(self.rows) == 1:
                self.begun = int(length.min())
            token = ids[min(int(length.min()) - self.begun, len(ids) - 1)]
            logits = torch.full((*input_ids.shape, len(byte_tokenizer())), -50.0)
            logits[:, -1, token] = 50.0
            return type("Out", (), {"logits": logits})

    return Writes()


def test_a_stop_counts_in_new_text_only():
    tokenizer = byte_tokenizer()
    prompt = tokenizer.encode("<search>old</search> The")
    stop = Stop(("</search>",), keep=True)
    model = says("<search>Vel</search> and more", [tokenizer.eos_token_id])
    (row,) = generator(model, tokens=60).generate([prompt], rngs([0]), stop)
    assert row.text == row.written == "<search>Vel</search>" and row.finish == "stop"
    assert len(row.ids) == len(row.logprobs) == len(tokenizer.encode(row.text))


def test_a_token_with_the_stop_in_its_middle_is_kept_whole_and_the_action_is_cut():
    tokenizer = byte_tokenizer()
    (newline,) = [n for n in range(len(tokenizer)) if tokenizer.decode([n]) == ">\n\n"]
    model = says("<search>Vel</search", [newline])
    stop = Stop(("</search>",), keep=True)
    (row,) = generator(model, tokens=60).generate([[5]], rngs([0]), stop)
    assert row.ids[-1] == newline and row.written.endswith("</search>\n\n")
    assert row.text == "<search>Vel</search>" and row.tail == "\n\n"


def test_the_end_token_ends_a_row_and_says_nothing():
    end = byte_tokenizer().eos_token_id
    (row,) = generator(says("Vel", [end]), tokens=60).generate([[5]], rngs([0]))
    assert row.finish == "eos" and row.ids[-1] == end and row.text == row.written == "Vel"


def test_a_row_without_an_end_stops_at_its_length():
    (row,) = generator(says("V" * 50), tokens=7).generate([[5]], rngs([0]), Stop(("x",)))
    assert row.finish == "length" and len(row.ids) == 7 and row.text == row.written


def read_by(model):
    """The shapes of what a model is given to read, as a list that grows."""
    shapes = []
    model.register_forward_pre_hook(
        lambda _, args, given: shapes.append(tuple(given["input_ids"].shape)), with_kwargs=True
    )
    return shapes


def test_rows_that_have_ended_leave_the_batch():
    model = causal_lm()
    shapes = read_by(model)
    written = generator(model).generate(PROMPTS, rngs(), STOP)
    lengths = [len(row.ids) for row in written]
    after = [rows for rows, width in shapes if width == 1]
    assert after == [sum(length > step for length in lengths) for step in range(1, max(lengths))]
    assert after[-1] < after[0] < 8


def test_prompts_are_read_beside_others_of_like_length():
    model = causal_lm()
    shapes = read_by(model)
    generator(model, tokens=1).generate(PROMPTS, rngs())
    assert sum(rows for rows, _ in shapes) == 8
    assert sum(rows * width for rows, width in shapes) < 1.5 * sum(map(len, PROMPTS))


def test_a_trainers_model_is_used_without_gradients_and_left_as_it_was():
    model = says("Vel")
    model.train()
    generator(model, tokens=2).generate([[5]], rngs([0]))
    assert model.modes == [(False, False)] * 2 and model.training and torch.is_grad_enabled()
    model.eval()
    generator(model, tokens=2).generate([[5]], rngs([0]))
    assert not model.training


def turns(model, change=lambda: None):
    """Two turns of four rows: the second prompts are the first rows, and replies."""
    first = model.generate(PROMPTS[2:6], rngs(range(4)), STOP)
    rows = [
        p + row.ids + [7, 8, 9 + n]
        for n, (p, row) in enumerate(zip(PROMPTS[2:6], first, strict=True))
    ]
    rows[2] = [*PROMPTS[4][:15], 40, 41]  # a new episode, with the beginning of another
    rows.append([50, 51, 52])
    change()
    return first, model.generate(rows, rngs(range(5)), STOP), rows


@pytest.mark.parametrize("family", list(FAMILIES))
def test_what_was_read_in_the_last_turn_is_not_read_again_and_changes_nothing(family):
    model = causal_lm(family)
    shapes = read_by(model)
    first, second, rows = turns(generator(model))
    start = next(n for n, (_, width) in enumerate(shapes) if width == 1)
    start = next(n for n in range(start, len(shapes)) if shapes[n][1] > 1)
    again = sum(count * width for count, width in shapes[start:] if width > 1)
    apart = family not in ("sliding", "mamba2")  # the others keep a window, or one state
    assert again < 40 if apart else again >= sum(map(len, rows))
    afresh = generator(family=family, memory=False)
    for found, expected in zip((first, second), turns(afresh), strict=False):
        close(found, expected)


def test_a_changed_model_remembers_nothing():
    model = causal_lm()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)

    def train():
        model(input_ids=torch.tensor([[5, 6, 7]])).logits.square().mean().backward()
        optimizer.step()

    _, found, rows = turns(generator(model), train)
    close(found, generator(model).generate(rows, rngs(range(5)), STOP))
    unchanged = generator().generate(rows, rngs(range(5)), STOP)
    assert [row.logprobs for row in found] != [row.logprobs for row in unchanged]


def test_what_torch_does_not_count_is_forgotten_when_told():
    model = causal_lm()
    playing = generator(model)

    def change():
        model.lm_head.weight.data = model.lm_head.weight.data * 0.5
        model.model.layers[0].mlp.up_proj.weight.data *= 2
        playing.forget()

    _, found, rows = turns(playing, change)
    close(found, generator(model).generate(rows, rngs(range(5)), STOP))


def test_what_was_generated_can_be_trained_through():
    model = causal_lm()
    generator(model).generate(PROMPTS[:1], rngs([0]))
    model(input_ids=torch.tensor(PROMPTS[:1])).logits.sum().backward()
    assert model.lm_head.weight.grad is not None


def with_room_for(rows, model):
    """Run out of memory whenever more rows than these are continued together."""
    forward = model.forward

    @functools.wraps(forward)
    def tight(*, input_ids, **given):
        if len(input_ids) > rows and given.get("past_key_values") is not None:
            raise torch.OutOfMemoryError("no room")
        return forward(input_ids=input_ids, **given)

    model.forward = tight
    return model


def test_where_memory_runs_out_the_batch_is_halved_and_nothing_changes():
    expected = generator().generate(PROMPTS, rngs(), STOP)
    tight = generator(with_room_for(2, causal_lm()))
    with pytest.warns(GenerationWarning) as told:
        close(tight.generate(PROMPTS, rngs(), STOP), expected)
    assert [str(each.message) for each in told] == [
        "Memory ran out with 8 prompts at once; from now on 4.",
        "Memory ran out with 4 prompts at once; from now on 2.",
    ]
    assert tight.batch_size == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        close(tight.generate(PROMPTS, rngs(), STOP), expected)


def test_memory_for_not_even_one_prompt_is_told():
    with (
        pytest.raises(AgentError, match="ran out with one prompt of 12 tokens and 24 to write"),
        pytest.warns(GenerationWarning),
    ):
        generator(with_room_for(0, causal_lm())).generate(PROMPTS[1:3], rngs([1, 2]))


def test_another_failure_is_not_taken_for_a_lack_of_memory():
    model = causal_lm()
    model.forward = lambda **given: 1 / 0
    with pytest.raises(ZeroDivisionError):
        generator(model).generate(PROMPTS, rngs())


def test_batches_of_a_size_change_nothing():
    expected = generator().generate(PROMPTS, rngs(), STOP)
    close(generator(batch_size=3).generate(PROMPTS, rngs(), STOP), expected)
    assert generator().generate([], []) == []


def test_numbers_that_are_none_are_an_error_and_no_token():
    model = causal_lm()
    with torch.no_grad():
        model.lm_head.weight.fill_(float("nan"))
    for sampling in ({}, {"temperature": 0}):
        with pytest.raises(AgentError, match=r"log-probability nan.*dtype=float32"):
            generator(model, **sampling).generate(PROMPTS, rngs())


def test_a_prompt_beyond_the_context_is_cut_on_its_left():
    small = generator(context=64)
    with pytest.warns(GenerationWarning, match="has 66 tokens and 40 fit"):
        written = small.generate(PROMPTS, rngs())
    assert [row.cut for row in written] == [max(0, len(prompt) - 40) for prompt in PROMPTS]
    whole = generator().generate([prompt[-40:] for prompt in PROMPTS], rngs())
    assert [row.ids for row in written] == [row.ids for row in whole]


def test_the_context_is_the_models_own():
    assert generator().room == 1024 - 24 and generator(family="mamba2").room is None
    with pytest.raises(ConfigError, match="the model reads 1024 tokens in all"):
        generator(tokens=1024)
    with pytest.raises(ConfigError, match="batch_size is 0"):
        generator(batch_size=0)


def test_half_precision_plays_too():
    written = generator(causal_lm().to(torch.bfloat16)).generate(PROMPTS, rngs(), STOP)
    assert all(np.isfinite(row.logprobs).all() for row in written)


def test_an_adapter_plays_in_its_wrapper():
    peft = pytest.importorskip("peft")
    config = peft.LoraConfig(task_type="CAUSAL_LM", init_lora_weights=False)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = peft.get_peft_model(causal_lm(), config)
    together = generator(model).generate(PROMPTS, rngs(), STOP)
    close(
        together,
        [generator(model).generate([p], rngs([n]), STOP)[0] for n, p in enumerate(PROMPTS)],
    )
    assert [row.ids for row in together] != [
        r.ids for r in generator().generate(PROMPTS, rngs(), STOP)
    ]
