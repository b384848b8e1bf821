import json
from dataclasses import replace
from importlib.metadata import version

import pytest

from hopgym.agents.llm.loading import load_model
from hopgym.agents.model_folder import read_model_folder
from hopgym.agents.tiny.model import TinyConfig
from hopgym.agents.tiny.saving import CURVE, STATE, load_state, save, save_state
from hopgym.agents.tiny.tokenizer import train_tokenizer
from hopgym.agents.tiny.train import TrainConfig, Training
from hopgym.errors import DataError

torch = pytest.importorskip("torch")
SIZE = TinyConfig(layers=2, width=64, heads=2, feed_forward=64)
CONFIG = TrainConfig(model=SIZE, threads=1, steps=3, seed=7)


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(["Who is Vel Orm?\n"], 400)


@pytest.fixture(scope="module")
def training(tokenizer):
    return Training(CONFIG, tokenizer)


def test_what_was_saved_comes_back(training, tmp_path, capfd):
    save(training, tmp_path, [{"step": 1, "loss": 2.5}])
    model, tokenizer = load_model(tmp_path)
    for mine, theirs in zip(training.model.parameters(), model.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    assert tokenizer.encode("Vel\nÄ") == training.tokenizer.encode("Vel\nÄ")
    assert tokenizer.decode(tokenizer.encode("Vel\nÄ")) == "Vel\nÄ"
    assert json.loads((tmp_path / CURVE).read_text()) == [{"step": 1, "loss": 2.5}]
    assert capfd.readouterr().err == ""


def test_it_says_how_it_was_made_and_how_it_is_played(training, tmp_path):
    exam = {"all": {"questions": 2, "em": 0.5, "format": 1.0}}
    curve = [{"step": 1, "loss": 2.5}, {"step": 2, "exam": exam}]
    save(training, tmp_path, curve, command="hopgym train tiny")
    assert read_model_folder(tmp_path) == ("tiny", {"model": str(tmp_path)})
    made = json.loads((tmp_path / "hopgym.json").read_text())["made"]
    assert (made["command"], made["step"], made["tokens"]) == ("hopgym train tiny", 0, 0)
    assert (made["training"]["seed"], made["training"]["model"]["width"]) == (7, 64)
    assert made["versions"]["torch"] == version("torch") and "grammar r3" in made["data"]
    assert made["marks"] == {"step": 2, **exam}
    assert made["parameters"] == sum(p.numel() for p in training.model.parameters())


def test_half_the_bits_half_the_file(training, tmp_path):
    save(training, tmp_path / "whole")
    save(training, tmp_path / "half", float16=True)
    whole, half = (
        (tmp_path / name / "model.safetensors").stat().st_size for name in ("whole", "half")
    )
    assert half < 0.55 * whole
    model, _ = load_model(tmp_path / "half")
    for mine, theirs in zip(training.model.parameters(), model.parameters(), strict=True):
        assert theirs.dtype == torch.float32
        assert torch.equal(mine.to(torch.float16).float(), theirs)


def test_a_run_goes_on_from_its_folder(training, tokenizer, tmp_path):
    save_state(training, tmp_path, [{"step": 0}])
    other = Training(replace(CONFIG, seed=8), tokenizer)
    assert load_state(other, tmp_path) == [{"step": 0}]
    for mine, theirs in zip(training.model.parameters(), other.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    (tmp_path / STATE).write_bytes(b"PK\x03\x04")
    with pytest.raises(DataError, match=r"training\.pt cannot be read .*remove its folder"):
        load_state(other, tmp_path)
    save_state(training, tmp_path)
    (tmp_path / CURVE).write_text("{}")
    with pytest.raises(DataError, match=r"curve\.json does not hold what a training run wrote"):
        load_state(other, tmp_path)
