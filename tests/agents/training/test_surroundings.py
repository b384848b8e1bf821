import random
import warnings

import numpy as np
import pytest
from sft_runs import generators

torch = pytest.importorskip("torch")

from hopgym.agents.training.surroundings import quiet, undisturbed  # noqa: E402


def test_others_are_not_disturbed():
    before = generators()
    with undisturbed():
        random.seed(1)
        np.random.seed(1)
        torch.manual_seed(1)
    assert generators() == before


def test_what_libraries_say_of_their_own_ways_is_kept_back(recwarn):
    with quiet():
        warnings.warn("old", FutureWarning, stacklevel=1)
        warnings.warn("mind", UserWarning, stacklevel=1)
    assert not recwarn.list
