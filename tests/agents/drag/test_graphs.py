import pytest
import torch
from drag_graphs import AWKWARD, CHAIN, DIM, LONG, RELATIONS, TOKENS, WIDE, batch_of, compiled

from hopgym.agents.drag.graphs import GraphBatch
from hopgym.errors import AgentError


def named(cases):
    """The names of all entities and facts of a batch, worked out one by one."""
    entities, facts = [], []
    for number, case in enumerate(cases):
        entities += [(number, name) for name in case.names]
        facts += [
            (number, *fact) for fact in ((f.head, f.relation, f.tail) for f in case.offer.facts)
        ]
    return entities, facts


@pytest.mark.parametrize("questions", [(CHAIN,), (CHAIN, LONG, WIDE), AWKWARD])
def test_every_fact_stands_where_its_question_is(questions):
    cases = compiled(*questions)
    batch = batch_of(*questions)
    entities, facts = named(cases)
    relations = list(dict.fromkeys(fact[2] for fact in facts))
    for place, (number, head, relation, tail) in enumerate(facts):
        assert entities[batch.heads[place]] == (number, head)
        assert entities[batch.tails[place]] == (number, tail)
        assert relations[batch.relations[place]] == relation
        assert batch.owners[place] == number
        pair = batch.fact_pairs[place]
        assert batch.pair_owners[pair] == number
        assert relations[batch.pair_relations[pair]] == relation
    assert len(batch.heads) == len(facts) and batch.num_entities == len(entities)
    assert len(
        set(zip(batch.pair_owners.tolist(), batch.pair_relations.tolist(), strict=True))
    ) == len(batch.pair_owners)
    assert batch.entity_owners.tolist() == [number for number, _ in entities]
    assert batch.facts_per_question.tolist() == [case.num_facts for case in cases]
    topics = [
        (n, name)
        for n, case in enumerate(cases)
        for name in (case.names[topic] for topic in case.topics)
    ]
    assert [entities[topic] for topic in batch.topics] == topics
    assert batch.labels.tolist() == [float(g) for case in cases for g in case.gold]
    assert batch.node_features.shape == (len(entities), 10)


def test_edges_reach_each_entity_by_its_facts_both_ways_and_by_itself():
    batch = batch_of(CHAIN, *AWKWARD)
    pairs = len(batch.pair_owners)
    expected = [[] for _ in range(batch.num_entities)]
    for head, tail, pair in zip(batch.heads, batch.tails, batch.fact_pairs, strict=True):
        expected[tail].append((int(head), int(pair)))
        expected[head].append((int(tail), pairs + int(pair)))
    ends = [*batch.edge_starts[1:].tolist(), len(batch.edge_sources)]
    for entity, (start, end) in enumerate(zip(batch.edge_starts, ends, strict=True)):
        heard = list(
            zip(
                batch.edge_sources[start:end].tolist(),
                batch.edge_messages[start:end].tolist(),
                strict=True,
            )
        )
        itself = (entity, 2 * pairs + int(batch.entity_owners[entity]))
        assert sorted(heard) == sorted([*expected[entity], itself])
        shares = batch.edge_shares[start:end]
        torch.testing.assert_close(shares, torch.full_like(shares, 1 / max(len(heard) - 1, 1)))


def test_parallel_facts_are_facts_of_their_own_and_each_has_its_label():
    batch = batch_of(AWKWARD[1], AWKWARD[9])  # a r b and a s b; a r b three times
    assert batch.owners.tolist() == [0] * 5 + [1] * 5
    assert batch.labels[:2].tolist() == [1, 1]
    assert batch.labels[3:5].tolist() == [1, 1]  # b t c and b u c: both lie on shortest paths
    assert batch.labels[5:].tolist() == [1] * 5


def test_tokens_are_padded_and_names_are_read_where_they_are_asked_for():
    batch = batch_of(CHAIN, LONG, names=False)
    assert batch.entity_vectors is None
    assert batch.questions.shape == (2, batch.question_mask.shape[1], DIM)
    assert batch.question_mask.sum(1).tolist() == [7, 18]
    assert batch_of(CHAIN).entity_vectors.shape == (5, DIM)


def test_a_batch_moves_and_says_what_it_is():
    batch = batch_of(CHAIN, LONG)
    assert repr(batch) == "GraphBatch(2 questions, 9 entities, 9 facts)"
    moved = batch.to("meta")
    assert moved.heads.device.type == moved.entity_vectors.device.type == "meta"
    assert batch_of(CHAIN, names=False).to("cpu").entity_vectors is None


def test_no_questions_are_refused():
    with pytest.raises(AgentError, match="no questions"):
        GraphBatch.of([], TOKENS, RELATIONS)
