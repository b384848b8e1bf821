import json
import math
import warnings

import pytest
from tiny_llms import byte_tokenizer, needs_llms

needs_llms()
pytest.importorskip("peft")
import torch  # noqa: E402
from drag_prompts import FACTS, prompts_of, vectors_of  # noqa: E402
from hybrid_llms import NANO, generator_lm, save_generator  # noqa: E402

from hopgym.agents.drag.adapting import Lora  # noqa: E402
from hopgym.agents.drag.generator import Generator  # noqa: E402
from hopgym.agents.drag.projector import Projector  # noqa: E402
from hopgym.agents.drag.prompts import Prompt  # noqa: E402
from hopgym.agents.llm.generator import GenerationWarning  # noqa: E402
from hopgym.errors import AgentError, ConfigError  # noqa: E402
from hopgym.rewards.kg.prompt import split_answers  # noqa: E402

ANSWERS = ["Rome | Oslo", ["Bo"], ["1999", "Ada", "Tessa"]]
FAMILIES = ["qwen2", "nemotron_h"]


def generator(family="qwen2", model=None, **options):
    options = {"max_new_tokens": 24, **options}
    return Generator(model or generator_lm(family), byte_tokenizer(), **options)


def naive_loss(model, made, prompt, answer):
    """The mean cross entropy from the whole forward pass of one row, token by token."""
    row = made.writer.rows([prompt], [answer])[0]
    words = model.get_input_embeddings()(torch.tensor(row.ids))
    if prompt.vectors is not None:
        words[row.slots] = prompt.vectors
    logprobs = model(inputs_embeds=words[None]).logits[0].double().log_softmax(dim=-1)
    places = range(len(row.ids) - row.answer, len(row.ids))
    return -sum(float(logprobs[n - 1, row.ids[n]]) for n in places) / row.answer


@pytest.mark.parametrize("family", [*FAMILIES, "bamba", "bloom", "mamba2"])
@pytest.mark.parametrize("width", [32, None], ids=["vectors", "text"])
def test_the_loss_is_the_mean_over_answer_and_end_whatever_else_is_in_the_batch(family, width):
    made, prompts = generator(family), prompts_of(width)
    with torch.no_grad():
        losses = made.loss(prompts, ANSWERS)
        expected = [
            naive_loss(made.model, made, *each) for each in zip(prompts, ANSWERS, strict=True)
        ]
        alone = torch.cat([made.loss([p], [a]) for p, a in zip(prompts, ANSWERS, strict=True)])
    assert losses.dtype == torch.float32
    assert losses.tolist() == pytest.approx(expected, rel=1e-4)
    assert torch.allclose(losses, alone, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_log_likelihoods_are_sums_and_do_not_depend_on_the_batch(family):
    made, prompts = generator(family, batch_size=2), prompts_of(32)
    lengths = [row.answer for row in made.writer.rows(prompts, ANSWERS)]
    sums = made.log_likelihood(prompts, ANSWERS)
    expected = (-made.loss(prompts, ANSWERS) * torch.tensor(lengths)).tolist()
    assert sums == pytest.approx(expected, rel=1e-4)
    assert generator(family, batch_size=1).log_likelihood(prompts, ANSWERS) == pytest.approx(
        sums, rel=1e-4
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("lora", [True, False], ids=["lora", "frozen"])
def test_the_gradient_reaches_the_vectors_and_the_retriever_s_logits(tmp_path, family, lora):
    made = Generator.load(
        save_generator(tmp_path, family), lora=Lora(lora_r=4) if lora else None, device="cpu"
    ).train()
    projector = Projector(12, made.width, hidden=16, scale=made.embedding_norm)
    facts = vectors_of(4, 12).requires_grad_()
    logits = torch.tensor([2.0, 1.0, -0.5, 0.3], requires_grad=True)
    soft = torch.sigmoid(logits)
    hard = (soft > 0.5).float()
    z = hard - soft.detach() + soft
    chosen = hard.nonzero()[:, 0].tolist()
    vectors = (z[:, None] * projector(facts))[chosen]
    made.loss([Prompt("Where?", [FACTS[n] for n in chosen], vectors)], ["Rome"]).sum().backward()
    assert chosen == [0, 1, 3]
    assert (logits.grad != 0).tolist() == [True, True, False, True]
    assert (facts.grad.abs().sum(dim=-1) > 0).tolist() == [True, True, False, True]
    assert bool(made.trainable()) is lora
    moved = [w for n, w in made.model.named_parameters() if "lora_B" in n]
    assert all(w.grad is not None and w.grad.abs().sum() > 0 for w in moved)


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_are_those_of_each_prompt_alone(family):
    made, prompts = generator(family, batch_size=2), prompts_of(32)
    written = made.answer(prompts)
    assert written == [made.answer([each])[0] for each in prompts]
    text = made.answer([Prompt("Vel?", FACTS[:2])])
    assert all(isinstance(answer, str) and answer for row in [*written, *text] for answer in row)
    assert made.answer([]) == []


def written_as(made, text, end=True):
    """Have the model write a text, whatever it reads."""
    ids = iter([*made.writer.codec.encode(text), *([made.writer.end] if end else [3] * 99)])
    count = len(made._words.weight)
    real = type(made.model).forward

    def forward(self, *args, **kwargs):
        out = real(self, *args, **kwargs)
        out.logits[:, -1] = torch.nn.functional.one_hot(torch.tensor(next(ids)), count).float()
        return out

    return forward


def test_what_is_written_is_split_into_answers_and_capped(monkeypatch):
    for text, expected in (
        (" Ada | Bo | Ada\n\nQuestion: Who else?", ["Ada", "Bo"]),
        (" a | b | c | d", ["a", "b", "c"]),
        ("", []),  # the model's own end, at once
    ):
        made = generator(max_answers=3)
        with monkeypatch.context() as patch:
            patch.setattr(type(made.model), "forward", written_as(made, text))
            assert made.answer([Prompt("Q?", ())]) == [expected]
        assert split_answers(text, 3) == expected


def test_it_stops_at_the_end_that_it_has_learnt_whatever_the_model_s_settings_say(monkeypatch):
    made = generator()
    made.model.generation_config.eos_token_id = 999  # the seed's runs had 2 and 999
    made = generator(model=made.model)
    assert byte_tokenizer().eos_token_id in made.ends
    monkeypatch.setattr(type(made.model), "forward", written_as(made, " Ada"))
    assert made.answer([Prompt("Q?", ())]) == [["Ada"]]


def trained(made, projector, logits, facts, steps=20):
    """Joint steps of the projector, stand-in logits of a retriever, and the adapter."""
    weights = [*projector.parameters(), logits, *made.trainable()]
    optimizer = torch.optim.AdamW(weights, lr=2e-2)
    losses = []
    for _ in range(steps):
        z = torch.sigmoid(logits)
        z = (z > 0).float() - z.detach() + z
        vectors = z[..., None] * projector(facts)
        prompts = [Prompt(q, FACTS[:3], v) for q, v in zip(("Vel?", "Bo?"), vectors, strict=True)]
        loss = made.loss(prompts, ["Rome", "Ada | Oslo"]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize(
    "pattern",
    [NANO[:7], pytest.param(NANO, marks=pytest.mark.slow)],
    ids=["seven layers", "all 52 layers"],
)
def test_a_small_nemotron_of_the_30b_s_pattern_learns_in_joint_steps(tmp_path, pattern):
    folder = save_generator(tmp_path, "nemotron_h", pattern=pattern)
    made = Generator.load(
        folder, lora=Lora(lora_r=4), gradient_checkpointing=True, device="cpu", max_new_tokens=16
    ).train()
    projector = Projector(12, made.width, hidden=32, scale=made.embedding_norm)
    logits = torch.zeros(2, 3, requires_grad=True)
    losses = trained(made, projector, logits, vectors_of(6, 12).view(2, 3, 12))
    assert losses[-1] < losses[0] - 0.5
    assert sum(losses[-5:]) < sum(losses[5:10]) < sum(losses[:5])
    assert logits.detach().abs().min() > 0


def test_the_end_is_learnt(tmp_path):
    made = Generator.load(
        save_generator(tmp_path, "qwen2"), lora=Lora(lora_r=0), device="cpu", max_new_tokens=16
    ).train()
    optimizer = torch.optim.AdamW(made.trainable(), lr=3e-3)
    prompts = [Prompt("Vel?", FACTS[:2]), Prompt("Bo?", FACTS[2:4])]
    for _ in range(80):
        loss = made.loss(prompts, ["Rome | Oslo", ["Ada"]]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert made.answer(prompts) == [["Rome", "Oslo"], ["Ada"]]


def test_an_adapter_is_saved_gone_on_with_and_merged(tmp_path):
    base = save_generator(tmp_path / "base", "nemotron_h")
    made = Generator.load(base, lora=Lora(lora_r=4), device="cpu")
    with torch.no_grad():
        for name, weights in made.model.named_parameters():
            if "lora_B" in name:
                weights.normal_(std=0.2, generator=torch.Generator().manual_seed(0))
    prompts = prompts_of(32)
    expected = made.log_likelihood(prompts, ANSWERS)
    assert expected != pytest.approx(
        Generator.load(base, device="cpu").log_likelihood(prompts, ANSWERS)
    )
    made.save(tmp_path / "adapter")
    assert (tmp_path / "adapter" / "adapter_model.safetensors").is_file()
    assert not list((tmp_path / "adapter").glob("*.bin"))
    settings = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert settings["base_model_name_or_path"] == str(base)
    for lora, trains in ((Lora(lora_r=4), True), (None, False)):
        again = Generator.load(tmp_path / "adapter", lora=lora, device="cpu")
        assert bool(again.trainable()) is trains
        assert again.log_likelihood(prompts, ANSWERS) == pytest.approx(expected, rel=1e-4)
    made.save(tmp_path / "whole", merged=True)
    assert not (tmp_path / "whole" / "adapter_config.json").exists()
    whole = Generator.load(tmp_path / "whole", device="cpu")
    assert whole.log_likelihood(prompts, ANSWERS) == pytest.approx(expected, rel=1e-4)


def test_bfloat16_halves_the_weights_under_an_adapter_and_the_computation_without(tmp_path):
    folder, prompts = save_generator(tmp_path, "qwen2", spread=1.0), prompts_of(32)
    exact = Generator.load(folder, device="cpu").loss(prompts, ANSWERS)
    for lora, kept in ((Lora(lora_r=4), torch.bfloat16), (Lora(lora_r=0), torch.float32)):
        made = Generator.load(folder, lora=lora, dtype="bfloat16", device="cpu").train()
        assert made.model.get_input_embeddings().weight.dtype == kept
        assert {weights.dtype for weights in made.trainable()} == {torch.float32}
        losses = made.loss(prompts, ANSWERS)
        losses.sum().backward()
        assert losses.dtype == torch.float32
        assert losses.tolist() == pytest.approx(exact.tolist(), rel=0.02)
        assert losses.tolist() != exact.tolist()
        assert all(w.grad.isfinite().all() for w in made.trainable() if w.grad is not None)
        assert len(made.answer(prompts)) == 3


def test_the_embeddings_length_is_the_mean_of_the_words(tmp_path):
    made = generator("nemotron_h")
    expected = made._words.weight[: len(byte_tokenizer())].norm(dim=-1).mean().item()
    assert made.embedding_norm == pytest.approx(expected, rel=1e-5)
    assert made.width == 32


def test_the_model_s_context_holds_and_so_does_a_smaller_one():
    prompts = prompts_of(32, (5,))
    length = len(generator().writer.rows(prompts)[0].ids)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert generator(context=length + 24).kept(prompts) == [5]
    made = generator(context=length + 20)
    with pytest.warns(GenerationWarning, match="last ones are left out"):
        assert made.kept(prompts) == [4]
    with pytest.warns(GenerationWarning):
        assert math.isfinite(made.loss(prompts, ["Rome"]).item())
    with pytest.raises(ConfigError, match="max_new_tokens is 2000"):
        generator(max_new_tokens=2000)


def test_where_memory_runs_out_the_batch_is_halved_and_no_answer_is_made_up(monkeypatch):
    made, prompts = generator(batch_size=4), prompts_of(32, (3, 1, 5, 2))
    expected = made.answer(prompts)
    real = type(made.model).forward

    def forward(self, *args, **kwargs):
        given = kwargs.get("inputs_embeds")
        if given is not None and len(given) > most:
            raise torch.OutOfMemoryError("no memory")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(type(made.model), "forward", forward)
    most = 1
    with pytest.warns(GenerationWarning, match="from now on") as told:
        assert made.answer(prompts) == expected
    assert len(told) == 2
    assert made.batch_size == 1
    most = 0
    with pytest.raises(AgentError, match="Memory ran out with one prompt of"):
        made.answer(prompts)
    with pytest.raises(AgentError, match="Memory ran out"):
        made.log_likelihood(prompts, ["a"] * 4)


def test_numbers_that_are_none_are_an_error():
    made, prompts = generator(), prompts_of(32, (3,))
    prompts[0].vectors[1, 0] = float("inf")
    with pytest.raises(AgentError, match="no numbers"):
        made.answer(prompts)
    with pytest.raises(AgentError, match="log-likelihoods are no numbers"):
        made.log_likelihood(prompts, ["a"])


def test_it_says_what_is_wrong(tmp_path):
    made = generator()
    with pytest.raises(ConfigError, match=r"shape \(3, 7\), and the generator's words are 32"):
        made.loss(prompts_of(7, (3,)), ["a"])
    with pytest.raises(ConfigError, match="There are no prompts"):
        made.loss([], [])
    with pytest.raises(ConfigError, match="batch_size is 0"):
        generator(batch_size=0)
    tokenizer = byte_tokenizer("no end").__class__(tokenizer_object=byte_tokenizer()._tokenizer)
    with pytest.raises(ConfigError, match="end token is None"):
        Generator(made.model, tokenizer)
    with pytest.raises(ConfigError, match="No model folder"):
        Generator.load(tmp_path / "nope")
    folder = save_generator(tmp_path / "model", "nemotron_h")
    with pytest.raises(ConfigError, match="gate_proj, which this model has not"):
        Generator.load(folder, lora=Lora(lora_target_modules="gate_proj"), device="cpu")
    with pytest.raises(ConfigError, match="use_kernels needs a GPU"):
        Generator.load(folder, use_kernels=True, device="cpu")
