import random
import subprocess
import sys

import numpy as np
import pytest

from hopgym.errors import ConfigError
from hopgym.seeding import rng_for

CODE = "from hopgym.seeding import rng_for; print(rng_for(7, 'train', 3).integers(1 << 62))"


def test_a_path_names_one_stream_in_every_process():
    here = str(rng_for(7, "train", 3).integers(1 << 62))
    there = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here


def test_paths_are_not_sums():
    draws = {int(rng_for(a, b).integers(1 << 62)) for a in range(20) for b in range(20)}
    assert len(draws) == 400


def test_global_state_is_untouched():
    before = random.getstate(), np.random.get_state()[1].tolist()
    rng_for(1).random(100)
    assert before == (random.getstate(), np.random.get_state()[1].tolist())


def test_a_negative_seed_is_refused():
    with pytest.raises(ConfigError, match="not -1"):
        rng_for(-1)


def test_paths_that_look_alike_are_not_alike():
    """NumPy pads seeds with zeros: [7] and [7, 0] would be one stream, and so would 1 and "1"."""
    paths = [(7,), (7, 0), (7, 0, 0), (7, "0"), (7, ""), (0, 7), (1 << 32, 7), (0, 1, 7)]
    paths += [(7, "train", 1), (7, "train1"), (7, "train", "1"), (7, "ab", "c"), (7, "a", "bc")]
    assert len({int(rng_for(*path).integers(1 << 62)) for path in paths}) == len(paths)


def test_numpy_numbers_are_numbers():
    assert rng_for(np.int64(7), np.uint8(3)).random() == rng_for(7, 3).random()
