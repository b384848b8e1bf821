import pytest
from tiny_llms import causal_lm, needs_llms

from hopgym.agents.llm.memory import Memory

needs_llms()
import torch  # noqa: E402


@pytest.fixture
def memory():
    return Memory(causal_lm())


def test_a_row_is_known_in_the_next_turn_up_to_where_it_differs(memory):
    memory.begin()
    memory.keep([1, 2, 3, 4], ["four"])
    memory.keep([1, 9], ["two"])
    assert memory.recall([1, 2, 3, 4, 5]).known == 0  # not before the next turn
    memory.begin()
    assert memory.recall([1, 2, 3, 4, 5, 6]) == ([1, 2, 3, 4, 5, 6], 4, ["four"])
    assert memory.recall([1, 2, 7, 8]) == ([1, 2, 7, 8], 2, ["four"])
    assert memory.recall([1, 9, 9]) == ([1, 9, 9], 2, ["two"])
    assert memory.recall([8, 1, 2]) == ([8, 1, 2], 0, None)


def test_the_last_token_is_always_read_anew(memory):
    memory.keep([1, 2, 3], ["three"])
    memory.begin()
    assert memory.recall([1, 2, 3]).known == 2 and memory.recall([1]).known == 0


def test_a_turn_later_it_is_forgotten(memory):
    memory.keep([1, 2], ["two"])
    memory.begin()
    memory.begin()
    assert memory.recall([1, 2, 3]).known == 0


def test_weights_that_changed_are_seen(memory):
    memory.keep([1, 2], ["two"])
    with torch.no_grad():
        memory._model.lm_head.weight.add_(1)
    memory.begin()
    assert memory.recall([1, 2, 3]).known == 0
    memory.keep([1, 2], ["two"])
    memory.begin()
    assert memory.recall([1, 2, 3]).known == 2
    memory.forget()
    assert memory.recall([1, 2, 3]).known == 0
