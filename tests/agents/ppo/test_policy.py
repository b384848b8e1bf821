import numpy as np
import pytest
from ppo_runs import settings, workplace
from ppo_samples import samples
from sft_runs import generators

from hopgym.agents.ppo.policy import load_policy
from hopgym.errors import ConfigError

torch = pytest.importorskip("torch")
pytest.importorskip("peft")
LORA = {"lora_r": 4, "lora_target_modules": "q_proj,v_proj"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return workplace(tmp_path_factory.mktemp("policy"))


def drawn(count=4):
    return samples(np.random.default_rng(0), 300, count)


def trained(policy):
    return {n: w for n, w in policy.actor.model.named_parameters() if w.requires_grad}


def test_an_adapter_follows_the_seed_and_leaves_the_global_generators_alone(place):
    before = generators()
    first, again, other = (
        trained(load_policy(settings(place, seed=seed, **LORA))) for seed in (0, 0, 1)
    )
    assert generators() == before
    assert len(first) == 2 * 2 * 2  # two modules of two layers, A and B of each
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_with_lora_the_reference_is_the_model_without_it(place):
    actor = load_policy(settings(place, kl_coef=0.0, **LORA)).actor
    assert actor.has_reference
    several = drawn()
    before = actor.reference_logprobs(several)
    torch.testing.assert_close(before, actor.read(several).logprobs.detach())  # B begins at 0
    with torch.no_grad():
        for weights in actor.parameters():
            weights.add_(0.1)
    assert torch.equal(before, actor.reference_logprobs(several))
    assert not torch.allclose(before, actor.read(several).logprobs, atol=1e-3)


def test_without_lora_it_is_a_copy_and_only_where_it_is_asked_for(place):
    assert not load_policy(settings(place, kl_coef=0.0)).actor.has_reference
    actor = load_policy(settings(place, kl_coef=0.1)).actor
    several = drawn()
    before = actor.reference_logprobs(several)
    with torch.no_grad():
        for weights in actor.parameters():
            weights.mul_(1.1)
    assert torch.equal(before, actor.reference_logprobs(several))
    assert all(weights.requires_grad for weights in actor.model.parameters())


def test_only_ppo_has_a_value_head(place):
    assert load_policy(settings(place)).actor.head is not None
    for algorithm in ("rloo", "reinforce++"):
        assert load_policy(settings(place, algorithm=algorithm)).actor.head is None


def test_in_half_precision_small_steps_are_kept_whole(place):
    policy = load_policy(settings(place, precision="bfloat16", **LORA))
    assert policy.precision == "bfloat16"
    kinds = {w.requires_grad: w.dtype for w in policy.actor.model.parameters()}
    assert kinds == {False: torch.bfloat16, True: torch.float32}
    read = policy.actor.read(drawn())
    assert read.logprobs.dtype == read.values.dtype == torch.float32
    (read.logprobs.sum() + read.values.sum()).backward()
    assert all(torch.isfinite(w.grad).all() for w in policy.actor.parameters())

    whole = load_policy(settings(place, precision="bfloat16")).actor
    assert {w.dtype for w in whole.model.parameters()} == {torch.float32}
    exact = load_policy(settings(place, precision="float32")).actor.read(drawn()).logprobs
    halved = whole.read(drawn()).logprobs
    assert not torch.equal(exact, halved)  # matrices are multiplied in 16 bits
    torch.testing.assert_close(exact, halved, atol=0.5, rtol=0.1)


def test_auto_is_told_by_its_name(place):
    expected = "float32" if not torch.cuda.is_available() else "float16"
    policy = load_policy(settings(place), device="cpu")
    assert policy.precision in (expected, "bfloat16")


@pytest.mark.parametrize("changes", [LORA, {}])
def test_gradient_checkpointing_gives_the_same_gradients(place, changes):
    gradients = []
    for on in (False, True):
        policy = load_policy(settings(place, gradient_checkpointing=on, **changes))
        with torch.no_grad():  # off its beginning, where half of an adapter has none
            for number, weights in enumerate(policy.actor.parameters()):
                weights.add_(1e-3 * (number % 3 + 1))
        assert policy.actor.model.training == on
        policy.actor.read(drawn()).logprobs.sum().backward()
        gradients.append([weights.grad for weights in policy.actor.parameters()])
    assert all(gradient is not None and gradient.any() for gradient in gradients[1])
    torch.testing.assert_close(*gradients)


def test_modules_that_are_not_there_are_refused(place):
    with pytest.raises(ConfigError, match="lora_target_modules has nope, which this model has not"):
        load_policy(settings(place, lora_r=2, lora_target_modules="nope"))
    with pytest.raises(ConfigError, match="holds no model"):
        load_policy(settings(place, model_name=str(place)))


@pytest.mark.skipif(torch.cuda.is_available(), reason="float16 is for GPUs")
def test_float16_needs_a_gpu(place):
    with pytest.raises(ConfigError, match="precision=float16 needs a GPU"):
        load_policy(settings(place, precision="float16"))
