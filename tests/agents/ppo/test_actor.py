import numpy as np
import pytest
from ppo_samples import episode, samples
from tiny_llms import FAMILIES, byte_tokenizer, causal_lm, needs_llms

from hopgym.agents.ppo.samples import sample_of
from hopgym.errors import ConfigError

needs_llms()
import torch  # noqa: E402

from hopgym.agents.ppo.actor import Actor, split, still  # noqa: E402
from hopgym.agents.ppo.policy import recompute  # noqa: E402

VOCABULARY = 300


def drawn(count=8, seed=0, **shape):
    return samples(np.random.default_rng(seed), VOCABULARY, count, **shape)


def lora(model):
    peft = pytest.importorskip("peft")
    with torch.random.fork_rng():
        torch.manual_seed(1)
        config = peft.LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=False)
        return peft.get_peft_model(model, config)


@pytest.mark.parametrize("family", FAMILIES)
def test_log_probabilities_are_those_of_each_row_alone(family):
    actor, several = Actor(causal_lm(family)), drawn()
    with torch.no_grad():
        together = actor.read(several)
        alone = [actor.read([one]) for one in several]
    for name in ("logprobs", "entropies", "values"):
        apart = torch.cat([getattr(each, name) for each in alone])
        torch.testing.assert_close(getattr(together, name), apart, atol=1e-4, rtol=0)


def test_log_probabilities_are_those_of_the_plain_model():
    model, several = causal_lm(), drawn(3)
    read = Actor(model).read(several)
    for one, found in split(several, read.logprobs):
        logits = model(input_ids=torch.tensor([one.ids])).logits[0].log_softmax(-1)
        places = torch.as_tensor(one.places)
        expected = logits[places - 1, torch.tensor(one.targets)]
        np.testing.assert_allclose(found, expected.detach().numpy(), atol=1e-5)
    probabilities = logits[places - 1].exp()
    entropies = -(probabilities * logits[places - 1]).sum(-1)
    torch.testing.assert_close(read.entropies[-len(places) :], entropies, atol=1e-4, rtol=0)


def test_logits_are_made_for_actions_alone():
    model, several = causal_lm(), drawn(4)
    shapes = []
    model.get_output_embeddings().register_forward_hook(lambda m, i, o: shapes.append(o.shape))
    Actor(model).read(several)
    assert [next(iter(shape)) for shape in shapes] == [sum(map(len, several))]
    model(input_ids=torch.tensor([[1, 2, 3]]))
    assert tuple(shapes[-1])[:2] == (1, 3)  # nothing of it stays on the model


def test_the_reference_is_the_model_without_its_adapter():
    base = causal_lm()
    several = drawn(3)
    expected = Actor(base).read(several).logprobs.detach()
    actor = Actor(lora(causal_lm()), reference="adapter")
    torch.testing.assert_close(actor.reference_logprobs(several), expected)
    assert not torch.allclose(actor.read(several).logprobs, expected, atol=1e-3)


def test_the_reference_copy_stays_as_the_model_was():
    model, several = causal_lm(), drawn(3)
    actor = Actor(model, reference="copy")
    before = actor.read(several).logprobs.detach()
    with torch.no_grad():
        for weights in actor.parameters():
            weights.mul_(1.1)
    torch.testing.assert_close(actor.reference_logprobs(several), before)
    assert not torch.allclose(actor.read(several).logprobs, before, atol=1e-3)


def test_without_a_reference_there_is_nothing_to_ask():
    with pytest.raises(ConfigError, match="no reference"):
        Actor(causal_lm()).reference_logprobs(drawn(1))
    with pytest.raises(ConfigError, match=r"no adapter.*reference=copy"):
        Actor(causal_lm(), reference="adapter")


def test_values_begin_at_nothing_and_train_the_model_only_if_shared():
    for shared in (True, False):
        actor = Actor(causal_lm(), shared=shared)
        values = actor.read(drawn(2)).values
        assert values.tolist() == [0.0] * len(values)
        torch.nn.init.ones_(actor.head[-1].weight)
        actor.read(drawn(2)).values.sum().backward()
        touched = [w.grad is not None and bool(w.grad.any()) for w in actor.parameters()]
        assert any(touched) == shared


def test_dropout_is_off_even_in_training_mode():
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(GPT2Config(vocab_size=300, n_embd=32, n_layer=2, n_head=4))
    actor = Actor(model.train())
    several = drawn(2)
    torch.testing.assert_close(actor.read(several).logprobs, actor.read(several).logprobs)
    still(model)
    assert model.training


def test_gradient_checkpointing_changes_no_gradient():
    gradients = []
    for on in (False, True):
        model = causal_lm()
        if on:
            model.train()
            recompute(model)
        actor = Actor(model)
        actor.read(drawn(3)).logprobs.sum().backward()
        gradients.append([w.grad for w in actor.parameters()])
    torch.testing.assert_close(*gradients)


def test_what_the_model_sees_ends_with_the_last_action():
    row = episode(np.random.default_rng(3), VOCABULARY)
    one = sample_of(row)
    row.ids[len(one.ids) :] = [7] * (len(row.ids) - len(one.ids))
    again = sample_of(row)
    actor = Actor(causal_lm())
    torch.testing.assert_close(actor.read([one]).logprobs, actor.read([again]).logprobs)


@pytest.mark.parametrize("entropy_gradient", [False, True])
def test_logits_in_chunks_are_the_same_logits(entropy_gradient):
    several, found = drawn(), []
    for at_once in (10**9, 5 * len(byte_tokenizer())):
        actor = Actor(lora(causal_lm()), reference="adapter", logits_at_once=at_once)
        torch.nn.init.ones_(actor.head[-1].weight)
        reference = actor.reference_logprobs(several)
        read = actor.read(several, entropy_gradient=entropy_gradient)
        (read.logprobs.sum() + read.values.sum()).backward()
        gradients = [w.grad for w in (*actor.parameters(), *actor.head_parameters())]
        found.append(([*read, reference], gradients))
    torch.testing.assert_close(found[1][0], found[0][0], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found[1][1], found[0][1], atol=1e-4, rtol=1e-4)


def test_chunks_train_all_weights_alike_in_16_bits_too():
    several, gradients = drawn(), []
    for at_once in (10**9, 5 * len(byte_tokenizer())):
        model = causal_lm().train()
        recompute(model)
        actor = Actor(model, half=torch.bfloat16, logits_at_once=at_once)
        actor.read(several).logprobs.mean().backward()
        gradients.append(torch.cat([w.grad.flatten() for w in actor.parameters()]))
    torch.testing.assert_close(gradients[1], gradients[0], atol=0.02, rtol=0.05)


def test_what_is_done_to_logits_after_the_output_layer_is_never_left_out():
    from transformers import Gemma2Config, Gemma2ForCausalLM

    several = drawn(3)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = Gemma2Config(
            vocab_size=VOCABULARY,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=8,
            final_logit_softcapping=0.1,
        )
        model = Gemma2ForCausalLM(config).eval()
    with torch.no_grad():
        whole = Actor(model).read(several)
        small = Actor(model, logits_at_once=1).read(several)
    torch.testing.assert_close(small, whole)
    assert whole.logprobs.std() < 0.2  # capped


def test_the_tokenizer_has_the_vocabulary_of_these_tests():
    assert len(byte_tokenizer()) >= VOCABULARY
