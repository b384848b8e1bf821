import pytest
import torch
from drag_graphs import AWKWARD, CHAIN, LONG, WIDE, batch_of, facts, question

from hopgym.agents.drag.reasoning import FirstStates, Reasoning, gathered, seeds

WIDTH, COUNT = 6, 3


def literal(module, batch, entities, relations, instructions):
    """ReaRev's equations as they are written: a loop over facts, and one matrix for all that is heard."""
    p = seeds(batch)
    for place, layer in enumerate(module.layers):
        if place:
            scores = module.score(entities)[:, 0]
            p = torch.zeros_like(scores)
            for b in range(batch.num_questions):
                own = batch.entity_owners == b
                p[own] = scores[own].softmax(0)
        along = [torch.zeros(len(entities), WIDTH) for _ in range(COUNT)]
        against = [torch.zeros(len(entities), WIDTH) for _ in range(COUNT)]
        for k in range(COUNT):
            for f in range(len(batch.heads)):
                head, tail = int(batch.heads[f]), int(batch.tails[f])
                r, i = relations[batch.relations[f]], instructions[batch.owners[f], k]
                along[k][tail] = along[k][tail] + torch.relu(layer.along(r) * i) * p[head]
                against[k][head] = against[k][head] + torch.relu(layer.against(r) * i) * p[tail]
            for v in range(len(entities)):
                i = instructions[batch.entity_owners[v], k]
                along[k][v] = along[k][v] + torch.relu(layer.along(module.itself) * i) * p[v]
        heard = torch.cat([entities, *along, *against], 1)
        matrix = torch.cat(
            [layer.own.weight, layer.told_along.weight, layer.told_against.weight], 1
        )
        entities = torch.relu(heard @ matrix.T + layer.own.bias)
    return entities


@pytest.mark.parametrize("questions", [(CHAIN,), (LONG, WIDE, CHAIN), AWKWARD])
def test_layers_are_the_equations_and_so_are_their_gradients(questions):
    batch = batch_of(*questions)
    generator = torch.Generator().manual_seed(0)
    module = Reasoning(WIDTH, COUNT, layers=3)
    shapes = (batch.num_entities, len(batch.relation_states), batch.num_questions)
    inputs = [torch.randn(n, WIDTH, generator=generator) for n in shapes[:2]]
    inputs.append(torch.randn(shapes[2], COUNT, WIDTH, generator=generator))
    for each in inputs:
        each.requires_grad_()
    entities, relations, instructions = inputs
    new, _ = module(batch, entities, module.kinds(batch, relations), instructions)
    expected = literal(module, batch, *inputs)
    torch.testing.assert_close(new, expected, atol=1e-5, rtol=1e-4)
    wanted = [*inputs, module.itself, module.layers[0].along.weight]
    for one, other in zip(
        torch.autograd.grad(new.square().sum(), wanted),
        torch.autograd.grad(expected.square().sum(), wanted),
        strict=True,
    ):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("layers", [1, 3])
def test_the_relations_of_all_pairs_are_told(layers):
    batch = batch_of(LONG, WIDE)
    module = Reasoning(WIDTH, COUNT, layers)
    relations, instructions = (
        torch.randn(len(batch.relation_states), WIDTH),
        torch.ones(2, 3, WIDTH),
    )
    kinds = module.kinds(batch, relations)
    _, steered = module(batch, torch.ones(batch.num_entities, WIDTH), kinds, instructions)
    last = module.layers[-1].along(relations)[batch.pair_relations]
    torch.testing.assert_close(steered, torch.relu(last))


def test_reasoning_begins_at_the_topics_or_everywhere():
    two = question("two", facts("a r b", "b r c"), "a c", "b")
    batch = batch_of(two, AWKWARD[3], AWKWARD[2], CHAIN)
    assert seeds(batch).tolist()[:3] == [0.5, 0.0, 0.5]
    torch.testing.assert_close(seeds(batch)[3:6], torch.full((3,), 1 / 3))  # no topic
    assert seeds(batch)[6:].tolist() == [1, 0, 0, 0, 0]


def test_first_states_are_means_of_what_relations_say():
    batch = batch_of(CHAIN)  # a author b, a printer d, b born c, b lives c, d lives e
    module = FirstStates(WIDTH)
    relations = torch.randn(4, WIDTH, generator=torch.Generator().manual_seed(1))
    states = module(batch, relations)
    author, born, lives = (relations[n] for n in (0, 2, 3))
    at_b = (module.along(author) + module.against(lives) + module.against(born)) / 3
    torch.testing.assert_close(states[1], torch.relu(at_b))
    torch.testing.assert_close(states[2], torch.relu(module.along(lives) + module.along(born)) / 2)


def test_a_hub_does_not_drown():
    hub = question("hub", facts(*(f"a r n{i}" for i in range(500))), "a", "n0")
    module = FirstStates(WIDTH)
    batch = batch_of(hub, AWKWARD[7])
    relations = torch.randn(1, WIDTH, generator=torch.Generator().manual_seed(1))
    states = module(batch, relations)
    own = batch.entity_owners == 0
    torch.testing.assert_close(states[own][0], states[~own][0])


def test_sums_are_in_full_precision_and_take_no_edges():
    empty = batch_of(AWKWARD[2])
    assert gathered(empty, torch.zeros(1, WIDTH), empty.edge_shares).shape == (0, WIDTH)
    batch = batch_of(CHAIN)
    half = torch.ones(2 * len(batch.pair_owners) + 1, WIDTH, dtype=torch.bfloat16)
    assert gathered(batch, half, batch.edge_shares).dtype == torch.float32
