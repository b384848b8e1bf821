import pytest

from hopgym.agents.tiny.model import TinyConfig, build_model
from hopgym.agents.tiny.tokenizer import train_tokenizer
from hopgym.errors import ConfigError

torch = pytest.importorskip("torch")
SMALL = TinyConfig(layers=2, width=16, heads=2, feed_forward=16)


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(["Who is Vel Orm?"], 300)


def test_the_seed_decides_the_weights(tokenizer):
    one, same, other = (
        torch.cat([p.flatten() for p in build_model(SMALL, tokenizer, seed).parameters()])
        for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_building_leaves_the_global_generator_alone(tokenizer):
    before = torch.random.get_rng_state()
    build_model(SMALL, tokenizer, 3)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_million_parameters_fit_ten_megabytes(tokenizer):
    count = sum(p.numel() for p in build_model(TinyConfig(), tokenizer, 0).parameters())
    assert 1e6 < count + 1_200 * 128 < 2.5e6  # with the rest of the usual vocabulary


def test_padding_on_either_side_changes_nothing(tokenizer):
    model = build_model(SMALL, tokenizer, 0).eval()
    row = torch.tensor([[7, 9, 8, 11]])
    pad = torch.zeros(1, 3, dtype=torch.long)
    with torch.no_grad():
        alone = model(input_ids=row).logits[0]
        behind = model(input_ids=torch.cat([row, pad], 1)).logits[0, :4]
        mask = torch.tensor([[0, 0, 0, 1, 1, 1, 1]])
        places = torch.tensor([[0, 0, 0, 0, 1, 2, 3]])
        padded = torch.cat([pad, row], 1)
        before = model(input_ids=padded, attention_mask=mask, position_ids=places).logits[0, 3:]
    torch.testing.assert_close(behind, alone)
    torch.testing.assert_close(before, alone)


@pytest.mark.parametrize("bad", [{"layers": 1}, {"width": 0}, {"heads": True}, {"width": 130}])
def test_impossible_sizes_are_refused(bad):
    with pytest.raises(ConfigError, match=r"must be"):
        TinyConfig(**bad)
