import numpy as np
import pytest
from tiny_llms import needs_llms

from hopgym.agents.llm.sampling import Sampling, pick
from hopgym.errors import ConfigError

needs_llms()
import torch  # noqa: E402

WEIGHTS = [0.1, 0.0, 0.4, 0.3, 0.2]


def logits(rows=1):
    return torch.tensor([WEIGHTS], dtype=torch.float64).log().repeat(rows, 1)


def picked(drawn, **sampling):
    drawn = torch.tensor(drawn, dtype=torch.float64)
    return pick(logits(len(drawn)), drawn, Sampling(**sampling))


def test_a_number_picks_the_token_at_which_the_sums_pass_it():
    tokens, _ = picked([0.0, 0.0999, 0.1001, 0.4999, 0.5001, 0.7999, 0.8001, 1 - 2**-53])
    assert tokens.tolist() == [0, 0, 2, 2, 3, 3, 4, 4]


def test_numbers_drawn_evenly_give_the_probabilities():
    drawn = np.random.default_rng(0).random(20_000)
    tokens, _ = picked(drawn, temperature=2.0)
    counts = np.bincount(tokens.numpy(), minlength=5) / len(drawn)
    expected = np.sqrt(WEIGHTS) / np.sqrt(WEIGHTS).sum()
    assert counts == pytest.approx(expected, abs=0.012) and counts[1] == 0


def test_nucleus_keeps_the_likeliest_that_reach_top_p_and_at_least_one():
    drawn = np.linspace(0, 1, 200, endpoint=False)
    kept = {p: sorted(set(picked(drawn, top_p=p)[0].tolist())) for p in (0.01, 0.39, 0.41, 0.71)}
    assert kept == {0.01: [2], 0.39: [2], 0.41: [2, 3], 0.71: [2, 3, 4]}


def test_temperature_0_takes_the_likeliest_whatever_was_drawn():
    assert picked([0.0, 0.99], temperature=0)[0].tolist() == [2, 2]


def test_log_probabilities_are_those_of_the_model_as_it_is():
    for sampling in ({"temperature": 0.5}, {"top_p": 0.5}, {"temperature": 0.0}, {}):
        tokens, logprobs = picked([0.6], **sampling)
        assert logprobs.item() == pytest.approx(np.log(WEIGHTS[tokens.item()]), abs=1e-6)


def test_a_row_does_not_depend_on_its_neighbours():
    table = torch.randn(6, 50, generator=torch.Generator().manual_seed(1))
    drawn = torch.rand(6, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    sampling = Sampling(top_p=0.9)
    together = pick(table, drawn, sampling)[0].tolist()
    alone = [pick(table[n : n + 1], drawn[n : n + 1], sampling)[0].item() for n in range(6)]
    assert together == alone


def test_half_precision_is_summed_in_full():
    wide = torch.zeros(1, 50_000, dtype=torch.bfloat16)
    drawn = torch.tensor([0.99999], dtype=torch.float64)
    tokens, logprobs = pick(wide, drawn, Sampling())
    assert tokens.item() == 49_999 and logprobs.item() == pytest.approx(-np.log(50_000), abs=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -1}, "temperature is -1; give a number from 0"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"top_p": 1.5}, "top_p is 1.5; give a number from 0 to 1"),
        ({"top_p": 0}, "no token would be left"),
        ({"max_new_tokens": 0}, "max_new_tokens is 0; give a whole number from 1"),
        ({"max_new_tokens": True}, "max_new_tokens is True"),
    ],
)
def test_numbers_out_of_range_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        Sampling(**settings)
