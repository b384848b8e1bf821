import pytest
from tiny_llms import needs_llms

needs_llms()
import torch  # noqa: E402

from hopgym.agents.compress.chunking import Chunk  # noqa: E402
from hopgym.agents.compress.policy import ExpansionPolicy, overlap  # noqa: E402
from hopgym.agents.compress.rows import Row  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402


def vectors(*sizes):
    noise = torch.Generator().manual_seed(0)
    return [torch.randn(size, 6, generator=noise) for size in sizes]


def test_before_it_is_trained_no_chunk_is_worth_more():
    policy = ExpansionPolicy(6, width=8, heads=2)
    told = policy(vectors(1, 2), vectors(3, 1), [torch.zeros(3), torch.zeros(1)])
    assert told.tolist() == [[0.0, 0.0, 0.0], [0.0, float("-inf"), float("-inf")]]


def test_a_row_s_logits_do_not_depend_on_its_neighbours():
    policy = ExpansionPolicy(6, width=8, heads=2)
    torch.nn.init.ones_(policy.exit.weight)
    (query, other), (chunks, many) = vectors(1, 3), vectors(2, 5)
    alone = policy([query], [chunks], [torch.ones(2)])
    beside = policy([query, other], [chunks, many], [torch.ones(2), torch.zeros(5)])
    assert torch.allclose(alone[0], beside[0, :2], atol=1e-5)
    assert policy([query[:0]], [chunks[:0]], [torch.ones(0)]).shape == (1, 0)


def test_overlap_is_the_share_of_the_question_that_stands_in_a_chunk():
    row = Row(
        [], [Chunk((1, 9), ""), Chunk((3,), "")], [], [], [Chunk((1, 2), ""), Chunk((2, 9, 4), "")]
    )
    assert overlap(row).tolist() == [0.5, 0.0]


def test_sizes_that_cannot_be_are_refused():
    with pytest.raises(ConfigError, match="policy_width is 10; it must be a multiple of 4"):
        ExpansionPolicy(6, width=10)
