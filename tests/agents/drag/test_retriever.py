import time
from dataclasses import replace

import pytest
import torch
from drag_graphs import (
    AWKWARD,
    CHAIN,
    DIM,
    HIDDEN,
    LONG,
    RELATIONS,
    SCORERS,
    TOKENS,
    WIDE,
    batch_of,
    by_fact,
    facts,
    logits,
    question,
    renamed,
    renamed_fact,
    retriever,
    world_cases,
)  # fmt: skip

from hopgym.agents.drag import segments
from hopgym.agents.drag.graphs import GraphBatch
from hopgym.agents.drag.losses import retrieval_loss
from hopgym.agents.drag.retriever import RetrieverSettings
from hopgym.errors import AgentError, ConfigError

GRAPHS = ("drag", "drag+dde")


@pytest.mark.parametrize("scorer", SCORERS)
def test_a_batch_of_two_is_two_batches_of_one(scorer):
    model = retriever(scorer=scorer, iterations=3)
    for one, other in ((CHAIN, LONG), (LONG, WIDE), (AWKWARD[2], WIDE), (WIDE, AWKWARD[3])):
        both = logits(model, one, other)
        apart = torch.cat([logits(model, one), logits(model, other)])
        torch.testing.assert_close(both, apart, atol=1e-5, rtol=0)


@pytest.mark.parametrize("scorer", SCORERS)
def test_questions_of_a_batch_do_not_mix(scorer):
    model = retriever(scorer=scorer)
    before = logits(model, CHAIN, LONG)
    after = logits(model, CHAIN, replace(LONG, text="Whose printer?"))
    torch.testing.assert_close(before[:5], after[:5], atol=1e-6, rtol=0)
    assert (before[5:] - after[5:]).abs().min() > 1e-5


@pytest.mark.parametrize("scorer", SCORERS)
def test_another_topic_changes_the_scores(scorer):
    model = retriever(scorer=scorer)
    moved = replace(WIDE, topic_entities=("b",))
    assert (logits(model, WIDE) - logits(model, moved)).abs().max() > 1e-4


@pytest.mark.parametrize("scorer", GRAPHS)
def test_the_topic_alone_tells_two_like_halves_apart(scorer):
    model = retriever(scorer=scorer)
    halves = question("halves", facts("a r b", "b s c", "d r e", "e s f"), "a", "c")
    here, there = logits(model, halves), logits(model, replace(halves, topic_entities=("d",)))
    torch.testing.assert_close(here, there.roll(2), atol=1e-6, rtol=0)
    assert (here[:2] - here[2:]).abs().min() > 1e-4
    nowhere = logits(model, replace(halves, topic_entities=()))
    torch.testing.assert_close(nowhere[:2], nowhere[2:], atol=1e-6, rtol=0)


@pytest.mark.parametrize("scorer", GRAPHS)
def test_other_names_do_not_and_nor_does_the_order_of_facts(scorer):
    model = retriever(scorer=scorer)

    def names(name):  # whose order is the opposite
        return f"Q{900 - ord(name)}"

    before, after = by_fact(model, WIDE), by_fact(model, renamed(WIDE, names))
    assert list(after) != [renamed_fact(fact, names) for fact in before]
    expected = {renamed_fact(fact, names): logit for fact, logit in before.items()}
    assert after == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("scorer", SCORERS)
def test_parallel_facts_are_scored_apart_and_by_the_question(scorer):
    model = retriever(scorer=scorer)
    born, died = facts("a born x", "a died x")
    gaps = []
    for text in ("Where was a born?", "Which place saw how a died?"):
        scores = by_fact(model, replace(WIDE, text=text))
        gaps.append(scores[born] - scores[died])
    assert abs(gaps[0]) > 1e-4
    if scorer != "mlp":  # whose only hidden layer may or may not bend here
        assert abs(gaps[0] - gaps[1]) > 1e-5
    twin = question("twin", facts("a r b", "a r b"), "a", "b")
    first, second = logits(model, twin)
    assert first == second


@pytest.mark.parametrize("scorer", SCORERS)
def test_every_awkward_graph_has_finite_scores(scorer):
    model = retriever(scorer=scorer)
    for given in AWKWARD:
        scores = logits(model, given)
        assert len(scores) == len(given.facts) and scores.isfinite().all(), given.id
    together = logits(model, *AWKWARD)
    apart = torch.cat([logits(model, given) for given in AWKWARD])
    torch.testing.assert_close(together, apart, atol=1e-5, rtol=0)
    assert model(batch_of(AWKWARD[2])).facts.shape == (0, 3 * HIDDEN)


@pytest.mark.parametrize("scorer", SCORERS)
def test_the_gradient_reaches_every_weight(scorer):
    model = retriever(scorer=scorer).train()
    batch = batch_of(CHAIN, LONG, WIDE, question("?", facts("a lives_in ?"), "a", "?"))
    loss = retrieval_loss(model(batch).logits, batch.labels, batch.owners, rho=0.5)
    loss.backward()
    for name, weight in model.named_parameters():
        # a softmax does not see what is added to all of its scores alike
        if not name.endswith(("score.bias", "weigh.bias")):
            assert weight.grad is not None and weight.grad.abs().max() > 0, name


def test_what_is_ablated_is_not_there():
    names = {name.partition(".")[0] for name, _ in retriever().named_parameters()}
    assert "update" in names
    plain = retriever(instruction_update=False)
    assert not any(name.startswith("update") for name, _ in plain.named_parameters())
    assert not torch.allclose(logits(plain, WIDE), logits(retriever(), WIDE))
    assert {name.partition(".")[0] for name, _ in retriever(scorer="mlp").named_parameters()} == {
        "scorer"
    }


def test_labels_are_not_read():
    model, batch = retriever(), batch_of(CHAIN, WIDE)
    other = replace(batch, labels=1 - batch.labels)
    assert torch.equal(model(batch).logits, model(other).logits)


def test_a_seed_is_a_retriever_and_global_numbers_stay_as_they_were():
    state = torch.get_rng_state()
    one, same, other = retriever(seed=1), retriever(seed=1), retriever(seed=2)
    batch = batch_of(CHAIN, WIDE)
    model = retriever(dropout=0.5).train()
    noisy = [model(batch, torch.Generator().manual_seed(n)).logits for n in (0, 0, 1)]
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(logits(one, WIDE), logits(same, WIDE))
    assert not torch.equal(logits(one, WIDE), logits(other, WIDE))
    assert torch.equal(noisy[0], noisy[1]) and not torch.equal(noisy[0], noisy[2])
    assert torch.equal(model.eval()(batch, torch.Generator()).logits, model(batch).logits)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"scorer": "linear"}, "it may be drag, drag"),
        ({"hidden": 0}, "hidden is 0"),
        ({"layers": 1.5}, "layers"),
        ({"dropout": 1.0}, "dropout"),
    ],
)
def test_what_cannot_be_built_is_refused(wrong, said):
    with pytest.raises(ConfigError, match=said):
        RetrieverSettings(**wrong)


def test_a_batch_of_another_encoder_is_refused():
    with pytest.raises(AgentError, match="encoder that it was trained with"):
        retriever(encoder_dim=DIM + 1)(batch_of(CHAIN))


@pytest.mark.parametrize("scorer", SCORERS)
def test_it_learns_the_worlds_questions(scorer):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        began = time.process_time()
        recall = taught(scorer)
        seconds = time.process_time() - began
    finally:
        torch.set_num_threads(threads)
    assert recall > 0.95
    assert seconds < 30


def taught(scorer, steps=150):
    """Train on 48 questions; the recall of gold facts among as many of the likeliest."""
    batch = GraphBatch.of(world_cases(48), TOKENS, RELATIONS, names=True)
    model = retriever(scorer=scorer, hidden=32).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        loss = retrieval_loss(model(batch).logits, batch.labels, batch.owners, generator=generator)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    found = model.eval()(batch).logits
    gold = segments.summed(batch.labels, batch.owners, batch.num_questions)[batch.owners]
    first = segments.ranks(found, batch.owners) < gold
    return float(batch.labels[first].sum() / batch.labels.sum())
