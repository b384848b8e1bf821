import pickle

import pytest
from gymnasium.spaces import Tuple
from gymnasium.vector.utils import batch_space

from hopgym.envs.spaces import UnicodeText
from hopgym.errors import ConfigError


def test_any_unicode_text_up_to_the_length_is_contained():
    space = UnicodeText(10)
    assert space.contains("") and space.contains("Beyoncé 東京") and space.contains("\n ")
    assert not space.contains("x" * 11) and not space.contains(b"x") and not space.contains(3)


def test_samples_are_contained_and_seeded():
    space, again = UnicodeText(40, min_length=3, seed=1), UnicodeText(40, min_length=3, seed=1)
    samples = [space.sample() for _ in range(50)]
    assert all(space.contains(sample) for sample in samples)
    assert samples == [again.sample() for _ in range(50)]


def test_it_batches_compares_pickles_and_prints():
    space = UnicodeText(10)
    assert batch_space(space, 2) == Tuple([UnicodeText(10), UnicodeText(10)])
    assert pickle.loads(pickle.dumps(space)) == space != UnicodeText(11)
    assert repr(space) == "UnicodeText(10, min_length=0)"
    assert space.from_jsonable(space.to_jsonable(["é"])) == ["é"]


def test_impossible_lengths_are_refused():
    with pytest.raises(ConfigError, match="0 <= min_length <= max_length"):
        UnicodeText(3, min_length=4)
