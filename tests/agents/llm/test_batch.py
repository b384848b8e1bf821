import pytest
from tiny_llms import FAMILIES, causal_lm, needs_llms

from hopgym.agents.llm.batch import Batch, Begun
from hopgym.agents.llm.model_facts import takes_of

needs_llms()
import torch  # noqa: E402

PROMPTS = [[5, 6, 7, 8, 9, 10], [11, 12], [13, 14, 15]]
BEGUN = [Begun(prompt) for prompt in PROMPTS]


@pytest.fixture(autouse=True)
def without_gradients():
    with torch.no_grad():
        yield


def whole(model, ids):
    """The next token's logits by one pass over a row alone, without padding or cache."""
    return model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_padded_growing_shrinking_batch_equals_each_row_alone(family, cache):
    model = causal_lm(family)
    batch = Batch(model, takes_of(model, cache=cache), BEGUN, most=20, pad=0)
    rows = [list(prompt) for prompt in PROMPTS]
    for step in range(20):
        logits = batch.logits()
        for row, found in zip(rows, logits, strict=True):
            assert torch.allclose(found, whole(model, row), atol=1e-4), step
        if step in (2, 7):
            rows = rows[1:]
            batch.keep(list(range(1, len(rows) + 1)))
        added = torch.arange(20 + step, 20 + step + len(rows))
        batch.append(added)
        rows = [[*row, token] for row, token in zip(rows, added.tolist(), strict=True)]


def test_batches_of_other_lengths_join_and_a_row_goes_on_from_what_was_kept():
    model = causal_lm("qwen3")
    takes = takes_of(model)
    one = Batch(model, takes, BEGUN[:1], most=20, pad=0)
    two = Batch(model, takes, BEGUN[1:], most=20, pad=0)
    for batch in (one, two):
        batch.logits()
    two.join([one])
    two.append(torch.tensor([20, 21, 22]))
    found = two.logits()
    rows = [PROMPTS[1] + [20], PROMPTS[2] + [21], PROMPTS[0] + [22]]
    for row, logits in zip(rows, found, strict=True):
        assert torch.allclose(logits, whole(model, row), atol=1e-4)
    begun = [
        Begun([*rows[0], 30, 31], 3, two.kept(0)),
        Begun([*rows[2][:4], 33], 4, two.kept(2)),
        Begun([40, 41, 42, 43, 44]),
    ]
    again = Batch(model, takes, begun, most=5, pad=0)
    for row, logits in zip(begun, again.logits(), strict=True):
        assert torch.allclose(logits, whole(model, row.prompt), atol=1e-4)
    again.append(torch.tensor([1, 2, 3]))
    for row, token, logits in zip(begun, (1, 2, 3), again.logits(), strict=True):
        assert torch.allclose(logits, whole(model, [*row.prompt, token]), atol=1e-4)
