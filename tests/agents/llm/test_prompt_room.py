import warnings

import pytest

from hopgym.agents.llm.generator import GenerationWarning
from hopgym.agents.llm.prompt_room import fitted, prompt_room
from hopgym.errors import ConfigError


def test_the_room_is_what_the_new_tokens_leave():
    assert prompt_room(100, 30) == 70 and prompt_room(None, 30) is None
    with pytest.raises(ConfigError, match="max_new_tokens is 30, and the model reads 30 tokens"):
        prompt_room(30, 30)


def test_what_does_not_fit_is_cut_on_the_left_and_told():
    with pytest.warns(GenerationWarning, match="has 5 tokens and 3 fit: the first 2 are cut"):
        assert fitted([[1, 2, 3, 4, 5], [6]], 3) == [([3, 4, 5], 2), ([6], 0)]


def test_what_fits_is_left_alone():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fitted([[1, 2, 3]], 3) == fitted([(1, 2, 3)], None) == [([1, 2, 3], 0)]


def test_an_empty_prompt_is_refused():
    with pytest.raises(ConfigError, match="Prompt 1 is empty"):
        fitted([[1], []], 3)
