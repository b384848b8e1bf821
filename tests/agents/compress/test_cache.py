import json

import numpy as np
import pytest
import torch
from compress_runs import ASKED, DOCUMENTS, compressor

from hopgym.agents.compress.cache import ChunkCache, precompute, write
from hopgym.agents.compress.chunking import document_text
from hopgym.agents.compress.saving import save_compressor, vectors_fingerprint
from hopgym.core import Document
from hopgym.errors import ConfigError, DataError

CORPUS = [Document(str(n), *each) for n, each in enumerate(DOCUMENTS)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    save_compressor(compressor(), folder, {})
    return folder


def test_vectors_are_read_from_disk_and_nothing_is_encoded(model, tmp_path):
    made, cache = compressor(), precompute(tmp_path, model, CORPUS, device="cpu")
    chunks = made.rows.chunker.of(document_text(*DOCUMENTS[0]))
    seen = []
    made.encoder.register_forward_hook(lambda *told: seen.append(told))
    found = made.vectors(chunks, cache)
    assert not seen and found.dtype == torch.float32
    assert torch.allclose(found, made.vectors(chunks), rtol=1e-2, atol=1e-2)
    stored = np.load(tmp_path / "chunks_k4.npy")
    assert stored.dtype == np.float16 and len(stored) == len(cache)
    with_cache, without = made.answer(ASKED, 0.25, cache), made.answer(ASKED, 0.25)
    assert [each.columns for each in with_cache] == [each.columns for each in without]


def test_another_model_s_vectors_are_refused(model, tmp_path):
    precompute(tmp_path / "kb", model, CORPUS, device="cpu")
    save_compressor(compressor(seed=1), tmp_path / "other", {})
    other = vectors_fingerprint(tmp_path / "other")
    assert other != vectors_fingerprint(model) == vectors_fingerprint(model)
    with pytest.raises(ConfigError, match="are of another model"):
        ChunkCache(tmp_path / "kb", 4, other)
    with pytest.raises(ConfigError, match="has no vectors of chunks of 16 tokens"):
        ChunkCache(tmp_path / "kb", 16, other)


def test_a_killed_run_leaves_no_cache_and_a_damaged_one_is_told(model, tmp_path, monkeypatch):
    precompute(tmp_path, model, CORPUS, device="cpu")
    name = vectors_fingerprint(model)

    def killed(*given, **more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            precompute(tmp_path, model, CORPUS, device="cpu")
    with pytest.raises(ConfigError, match="has no vectors"):
        ChunkCache(tmp_path, 4, name)
    precompute(tmp_path, model, CORPUS, device="cpu")
    said = json.loads((tmp_path / "chunks_k4.json").read_text())
    (tmp_path / "chunks_k4.json").write_text(json.dumps({**said, "shape": [1, 1]}))
    with pytest.raises(DataError, match="is not what its manifest says"):
        ChunkCache(tmp_path, 4, name)
    places = dict.fromkeys(said["chunks"], 0)
    (tmp_path / "chunks_k4.json").write_text(json.dumps({**said, "chunks": places}))
    with pytest.raises(DataError, match="is not what its manifest says"):
        ChunkCache(tmp_path, 4, name)
    (tmp_path / "chunks_k4.json").write_text(json.dumps({**said, "chunks": None}))
    with pytest.raises(DataError, match="is no manifest"):
        ChunkCache(tmp_path, 4, name)
    with pytest.raises(DataError, match="not finite in float16"):
        write(tmp_path, 4, name, [], np.full((1, 2), np.inf, np.float16))
