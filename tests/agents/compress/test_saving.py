import json

import pytest
import torch
from compress_runs import ASKED, compressor

from hopgym.agents.compress.saving import (
    answers_fingerprint,
    load_compressor,
    read_shape,
    save_compressor,
    vectors_fingerprint,
)
from hopgym.agents.model_folder import read_model_folder
from hopgym.errors import ConfigError, DataError


@pytest.mark.parametrize("family", ["qwen2", "mamba2"])
@pytest.mark.parametrize("encoder", ["tokens", "hashing?dim=32"])
def test_a_folder_comes_back_as_it_was(tmp_path, family, encoder):
    made = compressor(family, encoder=encoder, k=3)
    torch.nn.init.normal_(made.policy.exit.weight)
    save_compressor(made, tmp_path, {"seed": 0})
    again = load_compressor(tmp_path, "cpu")
    assert again.shape == made.shape == read_shape(tmp_path)
    assert again.answer(ASKED, 0.5) == made.answer(ASKED, 0.5)
    assert read_model_folder(tmp_path).kind == "compress"
    weights = {file.suffix for file in tmp_path.rglob("*") if file.stat().st_size > 50_000}
    assert weights <= {".safetensors"} and not list(tmp_path.rglob("*.bin"))


def test_the_policy_changes_no_vector(tmp_path):
    made = compressor()
    save_compressor(made, tmp_path, {})
    before = vectors_fingerprint(tmp_path)
    torch.nn.init.normal_(made.policy.exit.weight)
    save_compressor(made, tmp_path, {})
    assert vectors_fingerprint(tmp_path) == before
    torch.nn.init.normal_(made.projector.layers[0].weight)
    save_compressor(made, tmp_path, {})
    assert vectors_fingerprint(tmp_path) != before


def test_what_is_no_compressor_or_damaged_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"holds no compressor: there is no compress\.json"):
        load_compressor(tmp_path)
    save_compressor(compressor(), tmp_path, {})
    (tmp_path / "policy.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(DataError, match="does not hold the weights of this compressor"):
        load_compressor(tmp_path, "cpu")
    (tmp_path / "compress.json").write_text(json.dumps({"k": "x"}))
    with pytest.raises(DataError, match="does not say what the model is made of"):
        read_shape(tmp_path)


def test_all_that_decides_an_answer_is_in_its_name(tmp_path):
    made = compressor()
    save_compressor(made, tmp_path, {})
    before = answers_fingerprint(tmp_path)
    torch.nn.init.normal_(made.policy.exit.weight)
    save_compressor(made, tmp_path, {})
    assert answers_fingerprint(tmp_path) != before
    (tmp_path / "policy.safetensors").unlink()
    with pytest.raises(DataError, match="has no policy"):
        answers_fingerprint(tmp_path)
