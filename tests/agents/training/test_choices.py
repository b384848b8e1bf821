from typing import get_args

import pytest

from hopgym.agents.training.choices import Precision, check_choice
from hopgym.errors import ConfigError


def test_a_word_that_is_not_among_those_allowed_is_refused():
    check_choice("precision", "bfloat16", get_args(Precision))
    with pytest.raises(ConfigError, match="precision is 'int8'; it may be auto, float32, bfloat16"):
        check_choice("precision", "int8", get_args(Precision))
