from itertools import product

import pytest
from drag_runs import copied, joint, noise, same, workplace, world_cases
from subgraphs import AWKWARD

torch = pytest.importorskip("torch")

from hopgym.agents.drag import joint as joint_module  # noqa: E402
from hopgym.agents.drag.cases import make_compiler  # noqa: E402
from hopgym.agents.drag.joint import leave_one_out  # noqa: E402
from hopgym.agents.drag.losses import retrieval_loss  # noqa: E402
from hopgym.agents.drag.parts import chosen_facts  # noqa: E402
from hopgym.agents.drag.sampler import Sample, sample  # noqa: E402
from hopgym.errors import AgentError  # noqa: E402

CASES = world_cases(count=4)
SCORER = "scorer.linear.weight"
"""What only the logits depend on: no vector of a fact does."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return workplace(tmp_path_factory.mktemp("place"))


def gradients(loss, module):
    names, weights = zip(*module.named_parameters(), strict=True)
    found = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
    return {n: None if g is None else g.clone() for n, g in zip(names, found, strict=True)}


def drawn_by(phase, monkeypatch):
    """What is drawn, and the prompts that are read, as the phase goes on."""
    draws, read = [], []
    loss = phase.generator.loss

    def sampled(*given, **options):
        draws.append(sample(*given, **options))
        return draws[-1]

    def lost(prompts, answers):
        read.append((prompts, answers))
        return loss(prompts, answers)

    monkeypatch.setattr(joint_module, "sample", sampled)
    monkeypatch.setattr(phase.generator, "loss", lost)
    return draws, read


@pytest.mark.parametrize("lora", [0, 4])
def test_the_generator_s_loss_alone_reaches_every_weight_of_the_retriever(place, lora):
    phase = joint(place, lora_r=lora)
    phase.train_mode()
    told = phase.losses(CASES, noise())
    assert told["drawn"] > 0
    found = gradients(told["generation"], phase.parts.retriever)
    assert all(bool(gradient.any()) for gradient in found.values())
    projected = gradients(told["generation"], phase.parts.projector)
    assert all(bool(gradient.any()) for gradient in projected.values())


def test_the_scorer_hears_of_the_generator_by_z_alone(place):
    through, detached = joint(place, samples=2), joint(place, estimator="rloo", samples=2)
    both = joint(place, estimator="st+rloo", samples=2)
    told = [phase.losses(CASES, noise(5)) for phase in (through, detached, both)]
    st, none, also = (
        gradients(each["generation"], phase.parts.retriever)[SCORER]
        for each, phase in zip(told, (through, detached, both), strict=True)
    )
    assert bool(st.any()) and none is None and torch.equal(st, also)
    rloo = gradients(told[1]["rloo"], detached.parts.retriever)[SCORER]
    summed = gradients(told[2]["generation"] + told[2]["rloo"], both.parts.retriever)[SCORER]
    assert bool(rloo.any()) and torch.allclose(summed, st + rloo, rtol=1e-4, atol=1e-7)
    values = [each["generation"].item() for each in told]
    assert values[0] == values[1] == values[2] and "rloo" not in told[0]


def test_only_what_was_drawn_is_in_the_prompt_the_likeliest_first(place, monkeypatch):
    phase = joint(place, samples=2, k_facts=6)
    draws, read = drawn_by(phase, monkeypatch)
    told = phase.losses(CASES, noise(1))
    (prompts, answers) = read[0]
    assert len(draws) == 2 and len(prompts) == 2 * len(CASES)
    assert list(answers) == 2 * [case.gold_answers for case in CASES]
    logits = phase.parts.score(CASES).logits
    sizes = [case.num_facts for case in CASES]
    expected, count = [], 0
    for draw in draws:
        for case, own, hard in zip(CASES, logits.split(sizes), draw.hard.split(sizes), strict=True):
            order = torch.argsort(own, descending=True, stable=True).tolist()
            kept = [fact for fact in order if hard[fact]]
            assert len(kept) <= 6
            count += len(kept)
            expected.append([case.offer.facts[fact] for fact in kept])
    assert [list(prompt.facts) for prompt in prompts] == expected
    assert told["drawn"].item() == pytest.approx(count / 8)
    assert 0 < count < 2 * sum(sizes)
    for prompt in prompts:  # z is 1 in front of each: the vectors have the length of words
        assert torch.allclose(
            prompt.vectors.norm(dim=1), torch.tensor(phase.parts.shape.scale), rtol=1e-4
        )


@pytest.mark.parametrize("estimator", ["st", "rloo", "st+rloo"])
@pytest.mark.parametrize("weighting", ["static", "gradnorm"])
def test_a_draw_of_nothing_is_read_and_learnt_from(place, estimator, weighting):
    phase = joint(place, estimator=estimator, samples=2, ret_weighting=weighting)
    with torch.no_grad():
        phase.parts.retriever.scorer.linear.bias.fill_(-1e4)
    told = phase.step(CASES, noise())
    assert told["drawn"] == 0 and told["generation"] > 0
    assert told.get("rloo", 0.0) == pytest.approx(0.0, abs=1e-4)


def test_questions_without_facts_are_read_too(place):

    (empty,) = [make_compiler(8)(each) for each in AWKWARD if each.id == "empty"]
    told = joint(place, estimator="st+rloo", samples=2).step([empty], noise())
    assert told["drawn"] == 0 and told["retrieval"] == 0
    assert joint(place, cascade="dynamic").step([empty], noise())["generation"] > 0
    assert joint(place).step([empty, *CASES], noise())["generation"] > 0


def draw_of(logits, keep):
    hard = torch.tensor(keep, dtype=torch.bool)
    chance = torch.nn.functional.logsigmoid(torch.where(hard, logits, -logits)).sum()
    return Sample(hard.float(), hard, chance[None])


def test_leave_one_out_raises_the_better_draw(place):
    logits = torch.tensor([0.3, -0.2], requires_grad=True)
    draws = [draw_of(logits, [1, 0]), draw_of(logits, [0, 1])]
    loss = leave_one_out(torch.tensor([[1.0], [3.0]]), draws)  # the first is better by 2
    (gradient,) = torch.autograd.grad(loss, logits, retain_graph=True)
    lower = logits.detach() - 0.1 * gradient
    assert lower[0] > logits[0] and lower[1] < logits[1]
    chances = [draw.log_prob.item() for draw in draws]
    assert loss.item() == pytest.approx(-(2 * chances[0] - 2 * chances[1]) / 2)
    alike = leave_one_out(torch.tensor([[2.0], [2.0]]), draws)
    assert alike.item() == 0 and not bool(torch.autograd.grad(alike, logits)[0].any())


@pytest.mark.parametrize("count", [2, 3])
def test_leave_one_out_is_unbiased_on_three_facts(count):
    logits = torch.tensor([0.5, -1.0, 0.2], dtype=torch.float64, requires_grad=True)
    subsets = list(product([0, 1], repeat=3))
    losses = torch.tensor([3.0, 1.0, 0.5, 2.0, 4.0, 0.1, 2.5, 1.5], dtype=torch.float64)
    draws = [draw_of(logits, keep) for keep in subsets]
    chances = torch.cat([draw.log_prob for draw in draws]).exp()
    (exact,) = torch.autograd.grad((chances * losses).sum(), logits, retain_graph=True)
    expected = torch.zeros(3, dtype=torch.float64)
    for picked in product(range(8), repeat=count):
        each = leave_one_out(losses[list(picked)][:, None], [draws[n] for n in picked])
        (own,) = torch.autograd.grad(each, logits, retain_graph=True)
        expected += own * chances[list(picked)].prod().detach()
    assert torch.allclose(expected, exact, atol=1e-12)


def test_it_is_unbiased_by_what_the_sampler_draws():
    """Twenty thousand questions with the same three facts: their mean is the expectation."""
    logits, many = torch.tensor([0.5, -1.0, 0.2], requires_grad=True), 20_000
    table = torch.tensor([3.0, 1.0, 0.5, 2.0, 4.0, 0.1, 2.5, 1.5])
    generator, owners = noise(3), torch.arange(many).repeat_interleave(3)
    draws = [sample(logits.repeat(many), owners, generator=generator) for _ in range(2)]
    powers = torch.tensor([4, 2, 1])
    losses = [table[(draw.hard.view(many, 3) * powers).sum(1)] for draw in draws]
    (found,) = torch.autograd.grad(leave_one_out(torch.stack(losses), draws), logits)
    chances = torch.cat([draw_of(logits, keep).log_prob for keep in product([0, 1], repeat=3)])
    (exact,) = torch.autograd.grad((chances.exp() * table).sum(), logits)
    assert torch.allclose(found, exact, atol=0.02)


def test_the_weight_by_gradients_is_the_ratio_of_norms_in_the_first_step(place):
    phase = joint(place, ret_weighting="gradnorm", rho_prime=0.7)
    told = phase.losses(CASES, noise(2))
    norms = []
    for name in ("generation", "retrieval"):
        found = gradients(told[name], phase.parts.retriever).values()
        norms.append(float(torch.cat([g.flatten() for g in found if g is not None]).norm()))
    assert told["lambda"].item() == pytest.approx(0.7 * norms[0] / norms[1], rel=1e-4)
    assert told["loss"].item() == pytest.approx(
        told["generation"].item() + told["lambda"].item() * told["retrieval"].item(), rel=1e-5
    )


def test_the_weight_is_smoothed_and_kept_within_bounds(place, monkeypatch):
    phase = joint(place, ret_weighting="gradnorm", rho_prime=0.5)
    norms = iter([4.0, 1.0, 8.0, 2.0, 1e9, 1.0, 0.0, 1.0])
    monkeypatch.setattr(joint_module, "_norm", lambda loss, weights: next(norms))
    weights = [phase._lambda(None, None) for _ in range(4)]
    assert weights[:3] == pytest.approx([2.0, 0.9 * 2 + 0.1 * 2, 10.0])
    assert weights[3] == pytest.approx(9.0) and phase.memory == {"lambda": weights[3]}
    low = joint(place, ret_weighting="gradnorm")
    monkeypatch.setattr(joint_module, "_norm", lambda loss, weights: 0.0)
    assert low._lambda(None, None) == 1e-3


def test_a_static_weight_is_the_one_that_was_given(place):
    told = joint(place, ret_loss_weight=0.25).losses(CASES, noise(2))
    assert told["lambda"].item() == 0.25
    whole = told["generation"].item() + 0.25 * told["retrieval"].item()
    assert told["loss"].item() == pytest.approx(whole, rel=1e-6)


def test_the_static_cascade_leaves_the_retriever_as_it_was(place, monkeypatch):
    phase = joint(place, cascade="static", k_facts=3)
    _, read = drawn_by(phase, monkeypatch)
    before, words = copied(phase.parts.retriever), copied(phase.generator.model)
    told = [phase.step(CASES, noise(n)) for n in range(2)]
    assert told[0].keys() == {"loss", "generation"} and told[0]["loss"] == told[0]["generation"]
    assert same(before, copied(phase.parts.retriever))
    assert not same(words, copied(phase.generator.model))
    scored = phase.parts.score(CASES)
    for (prompts, _), _ in zip(read, told, strict=True):
        chosen = chosen_facts(scored, 3, 0.01)
        facts = [[c.offer.facts[f] for f in own] for c, own in zip(CASES, chosen, strict=True)]
        assert [list(prompt.facts) for prompt in prompts] == facts
        assert all(prompt.vectors is None for prompt in prompts)


def test_the_dynamic_cascade_learns_by_the_retrieval_loss_alone(place):
    phase = joint(place, cascade="dynamic", ret_loss_weight=0.5)
    phase.train_mode()
    told = phase.losses(CASES, noise(4))
    assert {g is None for g in gradients(told["generation"], phase.parts.retriever).values()} == {
        True
    }
    batch = phase.parts.batch(CASES)
    alone = 0.5 * retrieval_loss(
        phase.parts.retriever(batch).logits, batch.labels, batch.owners, generator=noise(4)
    )
    found, expected = (gradients(each, phase.parts.retriever) for each in (told["loss"], alone))
    assert all(torch.allclose(found[n], expected[n], rtol=1e-4, atol=1e-8) for n in found)
    before = copied(phase.parts.retriever)
    phase.step(CASES, noise(4))
    assert not same(before, copied(phase.parts.retriever))


def test_each_part_has_its_own_rate(place):
    phase = joint(place, lr=1e-3, generator_lr=1e-4, projector_lr=1e-2)
    assert [group["lr"] for group in phase.groups()] == [1e-4, 1e-3, 1e-2]
    assert [group["lr"] for group in joint(place, lr=1e-3).groups()] == [1e-3] * 3
    assert len(joint(place, cascade="static").groups()) == 1
    assert len(joint(place, cascade="dynamic").groups()) == 2
    trained = [w for group in joint(place, lora_r=2).groups()[:1] for w in group["params"]]
    assert len(trained) > 0 and all(weight.requires_grad for weight in trained)


@pytest.mark.parametrize(
    "changes",
    [{}, {"estimator": "st+rloo", "samples": 2}, {"cascade": "static"}, {"cascade": "dynamic"}],
    ids=str,
)
def test_steps_lower_the_loss(place, changes):
    phase = joint(place, total=30, generator_lr=1e-2, **changes)
    losses = [phase.step(CASES, noise(n))["generation"] for n in range(12)]
    assert sum(losses[-3:]) < 0.7 * sum(losses[:3])


def test_the_same_noise_is_the_same_step(place):
    one, other = (joint(place, estimator="st+rloo", samples=2, lora_r=2) for _ in range(2))
    assert one.step(CASES, noise(7)) == other.step(CASES, noise(7))
    for name in ("retriever", "projector"):
        assert same(copied(getattr(one.parts, name)), copied(getattr(other.parts, name)))
    assert one.losses(CASES, noise(8)) != other.losses(CASES, noise(9))


def test_there_is_nothing_to_train_without_a_generator(place):
    phase = joint(place)
    phase.parts.generator = None
    with pytest.raises(AgentError, match="Phase 2 trains a generator, and there is none"):
        phase.step(CASES, noise())


def test_less_memory_is_the_same_step_where_gradients_are_taken_twice(place):
    given = {"ret_weighting": "gradnorm", "lora_r": 2}
    plain = joint(place, **given).step(CASES, noise(7))
    assert joint(place, **given, gradient_checkpointing=True).step(
        CASES, noise(7)
    ) == pytest.approx(plain, rel=1e-4)
