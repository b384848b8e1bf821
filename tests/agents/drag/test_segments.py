import torch

from hopgym.agents.drag import segments

OWNERS = torch.tensor([0, 0, 0, 2, 2, 3])
VALUES = torch.tensor([1.0, 3.0, 2.0, -5.0, -5.0, 1e4])


def test_sums_and_means_are_of_each_owner():
    assert segments.summed(VALUES, OWNERS, 5).tolist() == [6.0, 0.0, -10.0, 1e4, 0.0]
    assert segments.averaged(VALUES, OWNERS, 5).tolist() == [2.0, 0.0, -5.0, 1e4, 0.0]
    wide = VALUES[:, None].expand(-1, 3)
    assert segments.averaged(wide, OWNERS, 4)[0].tolist() == [2.0, 2.0, 2.0]


def test_softmax_is_that_of_each_owner_alone_and_its_gradient_too():
    scores = VALUES.clone().requires_grad_()
    shares = segments.softmax(scores, OWNERS, 4)
    other = VALUES.clone().requires_grad_()
    parts = torch.cat([other[:3].softmax(0), other[3:5].softmax(0), other[5:].softmax(0)])
    torch.testing.assert_close(shares, parts)
    weights = torch.arange(6.0)
    (shares * weights).sum().backward()
    (parts * weights).sum().backward()
    torch.testing.assert_close(scores.grad, other.grad)


def test_softmax_takes_large_scores_and_none():
    assert segments.softmax(torch.tensor([1e30, -1e30]), torch.zeros(2).long(), 1).tolist() == [
        1,
        0,
    ]
    assert len(segments.softmax(torch.zeros(0), torch.zeros(0).long(), 3)) == 0


def test_ranks_are_within_each_owner():
    assert segments.ranks(VALUES, OWNERS).tolist() == [2, 0, 1, 0, 1, 0]
    mixed = torch.tensor([3, 0, 2, 0, 0, 2])
    assert segments.ranks(torch.tensor([1.0, 1, 2, 5, 3, 4]), mixed).tolist() == [0, 2, 1, 0, 1, 0]
    assert len(segments.ranks(torch.zeros(0), torch.zeros(0).long())) == 0
