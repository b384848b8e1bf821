import pytest
from tiny_llms import needs_llms

needs_llms()
import torch  # noqa: E402
from drag_prompts import vectors_of  # noqa: E402
from hybrid_llms import generator_lm  # noqa: E402

from hopgym.agents.drag import decoding  # noqa: E402
from hopgym.agents.drag.decoding import greedy, positions  # noqa: E402
from hopgym.errors import AgentError  # noqa: E402

LENGTHS = (40, 7, 23)
FAMILIES = ["qwen2", "llama", "bloom", "mamba2", "nemotron_h", "bamba", "jamba"]


def rows_of(model):
    """Embeddings of several lengths, longer than a chunk, and the same padded on the left."""
    width = model.get_input_embeddings().weight.shape[1]
    rows = [vectors_of(length, width, seed) for seed, length in enumerate(LENGTHS)]
    together = torch.zeros(len(rows), max(LENGTHS), width)
    mask = torch.zeros(len(rows), max(LENGTHS), dtype=torch.long)
    for n, row in enumerate(rows):
        together[n, -len(row) :] = row
        mask[n, -len(row) :] = 1
    return rows, together, mask


def naively(model, row, count):
    """Everything is read anew for every token: no cache, no padding, no mask."""
    tokens, logits = [], []
    words = model.get_input_embeddings()
    with torch.no_grad():
        for _ in range(count):
            read = torch.cat([row, words(torch.tensor(tokens, dtype=torch.long))])[None]
            logits.append(model(inputs_embeds=read, use_cache=False).logits[0, -1])
            tokens.append(int(logits[-1].argmax()))
    return tokens


@pytest.mark.parametrize("family", FAMILIES)
def test_writing_with_a_cache_in_a_padded_batch_equals_naive_decoding(family):
    model = generator_lm(family)
    rows, together, mask = rows_of(model)
    expected = [naively(model, row, 24) for row in rows]
    assert len({token for tokens in expected for token in tokens}) > 2  # not one token for ever
    written = greedy(model, together, mask, ends=frozenset(), max_new_tokens=24)
    assert written == expected


@pytest.mark.parametrize("family", ["qwen2", "nemotron_h", "mamba2"])
def test_a_row_that_has_ended_leaves_and_the_others_are_as_they_were(family):
    model = generator_lm(family)
    _, together, mask = rows_of(model)
    free = greedy(model, together, mask, ends=frozenset(), max_new_tokens=16)
    end = free[1][3]
    cut = [row[: row.index(end)] if end in row else row for row in free]
    assert greedy(model, together, mask, ends=frozenset([end]), max_new_tokens=16) == cut
    assert len({len(row) for row in cut}) > 1


def test_a_model_that_keeps_nothing_writes_the_same(monkeypatch):
    model = generator_lm("nemotron_h")
    _, together, mask = rows_of(model)
    expected = greedy(model, together, mask, ends=frozenset([5]), max_new_tokens=8)
    without = decoding.takes_of(model)._replace(cache=None)
    monkeypatch.setattr(decoding, "takes_of", lambda model: without)
    assert greedy(model, together, mask, ends=frozenset([5]), max_new_tokens=8) == expected


def test_it_leaves_the_model_as_it_was_and_makes_no_graph():
    model = generator_lm("qwen2").train()
    _, together, mask = rows_of(model)
    greedy(model, together.requires_grad_(), mask, ends=frozenset(), max_new_tokens=2)
    assert model.training
    assert together.grad is None


def test_positions_do_not_count_the_padding():
    assert positions(torch.tensor([[0, 0, 1, 1], [1, 1, 1, 1]])).tolist() == [
        [0, 0, 0, 1],
        [0, 1, 2, 3],
    ]


def test_numbers_that_are_none_are_an_error_and_no_answer():
    model = generator_lm("qwen2")
    _, together, mask = rows_of(model)
    together[1, -1, 0] = float("nan")
    with pytest.raises(AgentError, match="logits are no numbers"):
        greedy(model, together, mask, ends=frozenset(), max_new_tokens=2)
