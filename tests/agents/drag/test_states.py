import numpy as np
import pytest

from hopgym.agents.drag.encoder import HashingTokens
from hopgym.agents.drag.states import RelationTable, TokenStates
from hopgym.errors import AgentError, DataError

TEXTS = ["who was born here", "lives", "", "half: \ud800", "lives in the town"]


class Counting(HashingTokens):
    """Counts what it encodes."""

    def __init__(self, dim=8):
        super().__init__(dim=dim)
        self.seen = []

    def encode(self, texts):
        self.seen += texts
        return super().encode(texts)


def test_each_text_is_encoded_once_and_read_as_it_was_said():
    encoder = Counting()
    tokens = TokenStates(encoder)
    states, mask = tokens.of([*TEXTS, *TEXTS[::-1]])
    assert encoder.seen == TEXTS
    expected, told = HashingTokens(dim=8).encode([*TEXTS, *TEXTS[::-1]])
    np.testing.assert_array_equal(states, expected)
    np.testing.assert_array_equal(mask, told)
    assert tokens.of(["lives"])[0].shape == (1, 1, 8)  # not as long as others that it knows


def test_what_was_encoded_once_is_read_from_disk(tmp_path):
    first = TokenStates(Counting(), tmp_path)
    before = first.of(TEXTS[:3])
    first.of(TEXTS[2:])
    again = Counting()
    tokens = TokenStates(again, tmp_path)
    after = tokens.of(TEXTS[:3])
    assert again.seen == []
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(tokens.of(TEXTS)[0], first.of(TEXTS)[0])
    assert again.seen == []


def test_another_encoder_reads_nothing_of_it(tmp_path):
    TokenStates(Counting(), tmp_path).prepare(TEXTS)
    other = Counting(dim=9)
    assert TokenStates(other, tmp_path).of(TEXTS)[0].shape[2] == 9
    assert other.seen == TEXTS


@pytest.mark.parametrize("suffix", ["states.npy", "table.npy"])
def test_a_damaged_file_counts_as_absent(tmp_path, suffix):
    TokenStates(Counting(), tmp_path).prepare(TEXTS)
    (file,) = tmp_path.rglob(f"*.{suffix}")
    file.write_bytes(file.read_bytes()[:100])
    again = Counting()
    expected = HashingTokens(dim=8).encode(TEXTS)[0]
    np.testing.assert_array_equal(TokenStates(again, tmp_path).of(TEXTS)[0], expected)
    assert again.seen == TEXTS
    last = Counting()
    TokenStates(last, tmp_path).prepare(TEXTS)
    assert last.seen == []  # it was mended


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be kept there"):
        TokenStates(Counting(), tmp_path / "file").prepare(TEXTS)


@pytest.mark.parametrize("wrong", [np.zeros((1, 2, 3)), np.full((5, 2, 8), np.nan), np.zeros(5)])
def test_an_encoder_that_breaks_its_word_is_refused(wrong):
    class Broken(HashingTokens):
        def encode(self, texts):
            return wrong, np.ones(wrong.shape[:2], bool)

    with pytest.raises(AgentError, match="token encoder"):
        TokenStates(Broken(dim=8)).of(TEXTS)


def test_means_and_relations():
    tokens = TokenStates(HashingTokens(dim=8))
    states, mask = RelationTable(tokens).of(["people.person.born_in", "born/in"])
    assert mask.sum(1).tolist() == [4, 2]
    np.testing.assert_array_equal(states[0, 2:], states[1, :2])
    np.testing.assert_allclose(tokens.means(["born in"])[0], states[1, :2].mean(0))
    assert tokens.means([]).shape == (0, 8)
    assert RelationTable(tokens).of([])[0].shape == (0, 1, 8)
