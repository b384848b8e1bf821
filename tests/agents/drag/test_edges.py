import numpy as np
import pytest
from drag_graphs import AWKWARD, CHAIN, LONG, WIDE, batch_of

from hopgym.agents.drag.edges import Ends, all_edges, beginnings, first_edges


def arrays(*questions):
    """The facts of a batch as arrays, and where reasoning begins."""
    batch = batch_of(*questions)
    names = ("heads", "tails", "fact_pairs", "entity_owners")
    ends = Ends(*(getattr(batch, name).numpy() for name in names), len(batch.pair_owners))
    return ends, beginnings(batch.topics.numpy(), ends.owners, batch.num_questions), batch


def listed(sources, starts, messages):
    """What reaches each entity: pairs of a source and a message."""
    stops = [*starts[1:].tolist(), len(sources)][: len(starts)]
    return [
        sorted(zip(sources[a:b].tolist(), messages[a:b].tolist(), strict=True))
        for a, b in zip(starts.tolist(), stops, strict=True)
    ]


@pytest.mark.parametrize("questions", [(CHAIN,), (LONG, WIDE, CHAIN), AWKWARD, (AWKWARD[2],)])
def test_first_edges_are_those_that_leave_where_reasoning_begins(questions):
    ends, begins, batch = arrays(*questions)
    every = all_edges(ends)
    first = first_edges(ends, every, begins)
    loops = 2 * ends.num_pairs + np.arange(batch.num_questions)
    meant = np.concatenate([first.along, ends.num_pairs + first.against, loops])
    expected = [
        [edge for edge in edges if begins[edge[0]]]
        for edges in listed(every.sources, every.starts, every.messages)
    ]
    assert listed(first.sources, first.starts, meant[first.messages]) == expected
    used = {message for edges in expected for _, message in edges}
    assert used >= set(meant[: len(meant) - len(loops)].tolist())  # nothing is made for nobody


def test_reasoning_begins_at_topics_or_everywhere():
    owners = np.array([0, 0, 0, 1, 1, 3])
    begins = beginnings(np.array([1, 2]), owners, 4)
    assert begins.tolist() == [False, True, True, True, True, True]


def test_shares_are_of_the_facts_that_touch_an_entity():
    ends = Ends(np.array([0, 0]), np.array([1, 1]), np.array([0, 1]), np.array([0, 0, 0]), 2)
    edges = all_edges(ends)
    assert edges.shares.tolist() == [0.5] * 6 + [1.0]
    assert edges.sources.tolist() == [1, 1, 0, 0, 0, 1, 2]
    assert edges.starts.tolist() == [0, 3, 6]
