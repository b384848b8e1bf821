import threading

import numpy as np
import pytest
from rag_runs import learner, settings
from tiny_llms import needs_llms

needs_llms()
import torch  # noqa: E402

from hopgym.agents.ppo.team import Team  # noqa: E402
from hopgym.agents.rag.building import new_model  # noqa: E402
from hopgym.agents.rag.data import read_data  # noqa: E402
from hopgym.agents.rag.refresh import VECTORS, FreshIndex  # noqa: E402
from hopgym.errors import DataError  # noqa: E402


def made(folder, **changes):
    index = learner(settings(folder, **changes)).index
    return index, index.towers


def changed(towers):
    """Train the context tower, without a trainer."""
    with torch.no_grad():
        for weights in towers.context.parameters():
            weights.add_(0.3 * torch.sin(torch.arange(weights.numel()).view(weights.shape)))


ASKED = ["Who was born where?", "Which company was the builder of it?", "Where is it?"]


def found(index, of=None):
    return [[document.id for document in row] for row in index.retrieve(ASKED, of)]


def test_results_change_when_it_is_refreshed_and_not_before(tmp_path):
    index, towers = made(tmp_path, reindex_every=5)
    before = found(index)
    changed(towers)
    assert found(index) == before
    assert not index.advance(4) and found(index) == before and index.encoded_at == 0
    fresh = found(index, index.fresh(4))
    assert fresh != before and found(index) == before
    assert index.advance(5) and found(index) == fresh and index.encoded_at == 5
    assert index.fresh(5) is index.fresh(5) and not index.advance(9)


@pytest.mark.parametrize(
    "changes",
    [{"reindex_every": 0}, {"train_context_encoder": False}, {"freeze_retriever": True}],
    ids=str,
)
def test_it_is_never_refreshed_where_that_is_off(tmp_path, changes):
    index, _ = made(tmp_path, **changes)
    assert not any(index.advance(step) for step in range(1000))
    assert (index.fresh(7) is index.fresh(8)) is ("reindex_every" not in changes)


def test_a_copy_encodes_in_the_background_and_is_swapped_in_when_ready(tmp_path, monkeypatch):
    index, towers = made(tmp_path, reindex_every=1, async_reindex=True)
    before, gate, encode = found(index), threading.Event(), FreshIndex._encoded

    def waits(self, own):
        assert own is not towers and gate.wait(30)
        return encode(self, own)

    changed(towers)
    fresh = found(index, index.fresh(1))
    monkeypatch.setattr(FreshIndex, "_encoded", waits)
    assert not index.advance(1) and not index.advance(2) and found(index) == before
    gate.set()
    index.finish()
    assert index.advance(3) and found(index) == fresh != before and index.encoded_at == 1


def test_a_checkpoint_keeps_the_stale_vectors(tmp_path):
    index, towers = made(tmp_path)
    before = found(index)
    changed(towers)
    index.save(tmp_path)
    documents, given = index.documents, settings(tmp_path)
    again = FreshIndex(towers, documents, given, Team(), tmp_path)
    assert found(again) == before != found(again, again.fresh(1))
    with pytest.raises(DataError, match=r"vectors of shape \(\d+, 64\) for 3 passages"):
        FreshIndex(towers, documents[:3], given, Team(), tmp_path)
    (tmp_path / VECTORS).write_bytes(b"no")
    with pytest.raises(DataError, match="holds no vectors"):
        FreshIndex(towers, documents, given, Team(), tmp_path)


def test_a_frozen_retriever_s_vectors_are_kept_for_the_next_run(tmp_path, monkeypatch):
    given = settings(tmp_path, freeze_retriever=True, retrieval_cache=str(tmp_path / "kept"))
    data = read_data(given)
    towers = new_model(given, data, "cpu").towers
    first = FreshIndex(towers, data.documents, given, Team())
    (file,) = (tmp_path / "kept").iterdir()
    assert np.load(file).shape == (len(data.documents), 64)
    with monkeypatch.context() as patch:
        patch.setattr(FreshIndex, "_encoded", lambda *given: pytest.fail("encoded again"))
        assert found(FreshIndex(towers, data.documents, given, Team())) == found(first)
    changed(towers)
    FreshIndex(towers, data.documents, given, Team())
    assert len(list((tmp_path / "kept").iterdir())) == 2
    first.save(tmp_path)
    assert not (tmp_path / VECTORS).exists()


def test_a_frozen_tower_knows_the_vectors_that_the_index_has(tmp_path, monkeypatch):
    index, towers = made(tmp_path, train_context_encoder=False)
    monkeypatch.setattr(towers.context, "forward", lambda *given: pytest.fail("encoded again"))
    some = index.documents[:5]
    assert np.array_equal(towers.passages(some).numpy(), index.fresh(1).vectors[:5])
