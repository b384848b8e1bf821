import pytest
from tiny_llms import needs_llms

needs_llms()
import torch  # noqa: E402

from hopgym.agents.drag.batching import in_batches  # noqa: E402
from hopgym.agents.llm.generator import GenerationWarning  # noqa: E402
from hopgym.errors import AgentError  # noqa: E402


def test_rows_of_about_one_length_go_together_and_come_back_in_order():
    seen = []

    def function(places):
        seen.append(places)
        return [str(place) for place in places]

    assert in_batches(function, [9, 1, 8, 2, 3], 2) == (["0", "1", "2", "3", "4"], 2)
    assert seen == [[1, 3], [4, 2], [0]]
    assert in_batches(function, [], 2) == ([], 2)


def test_a_batch_that_memory_does_not_hold_is_halved_and_stays_so():
    def function(places):
        if len(places) > 2:
            raise torch.OutOfMemoryError("no memory")
        return [-place for place in places]

    with pytest.warns(GenerationWarning, match="with 5 prompts at once; from now on 2"):
        assert in_batches(function, [1] * 5, 8) == ([0, -1, -2, -3, -4], 2)


def test_one_row_that_has_no_room_is_an_error():
    def function(places):
        raise torch.OutOfMemoryError("no memory")

    with pytest.raises(AgentError, match="one prompt of 7 tokens"):
        in_batches(function, [7], 1)
