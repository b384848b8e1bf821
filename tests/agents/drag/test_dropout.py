import torch

from hopgym.agents.drag.dropout import dropped


def test_it_drops_by_its_generator_alone():
    values = torch.ones(4000)
    state = torch.get_rng_state()
    first, second = (dropped(values, 0.25, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), state)
    assert abs((first == 0).float().mean().item() - 0.25) < 0.03
    torch.testing.assert_close(first.max(), torch.tensor(4 / 3))
    assert abs(first.mean().item() - 1) < 0.05


def test_without_generator_or_rate_nothing_is_dropped():
    values = torch.ones(5)
    assert dropped(values, 0.5, None) is values
    assert dropped(values, 0.0, torch.Generator()) is values
