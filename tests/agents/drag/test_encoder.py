import os
import subprocess
import sys

import numpy as np
import pytest

os.environ["HF_HUB_OFFLINE"] = "1"

from tiny_models import bert_in

from hopgym.agents.drag.encoder import (
    HashingTokens,
    TokenEncoder,
    TransformerTokens,
    make_token_encoder,
    padded,
)
from hopgym.errors import ConfigError, UnknownNameError

ODD = ("", "?", "東京", "half: \ud800", "a" * 50_000, "x " * 500)


def test_a_name_makes_an_encoder_and_an_encoder_is_itself():
    made = make_token_encoder("hashing?dim=12")
    assert isinstance(made, TokenEncoder) and made.dim == 12
    assert make_token_encoder(made) is made


@pytest.mark.parametrize(
    ("spec", "error", "said"),
    [
        ("minilmm", UnknownNameError, "Did you mean 'minilm'"),
        ("hashing?dims=3", ConfigError, "dim"),
        ("hashing?dim=0", ConfigError, "dim is 0"),
        (3, ConfigError, "no token encoder"),
        ("hopgym.core:Fact", ConfigError, "Fact"),
    ],
)
def test_what_is_no_encoder_is_refused(spec, error, said):
    with pytest.raises(error, match=said):
        make_token_encoder(spec)


def test_hashing_is_by_word_and_the_same_in_every_process():
    encoder = HashingTokens(dim=16)
    states, mask = encoder.encode(["Born in Paris", "born"])
    assert mask.tolist() == [[True, True, True], [True, False, False]]
    np.testing.assert_array_equal(states[0, 0], states[1, 0])
    assert (states[1, 1:] == 0).all()
    assert len({row.tobytes() for row in states[0]}) == 3
    code = (
        "from hopgym.agents.drag.encoder import HashingTokens as H;"
        "print(H(dim=16).encode(['born'])[0].tolist())"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(encoder.encode(["born"])[0].tolist())


def test_any_text_has_a_token():
    for encoder in (HashingTokens(dim=8), HashingTokens(dim=3, max_tokens=4)):
        states, mask = encoder.encode(ODD)
        assert mask[:, 0].all() and np.isfinite(states).all()
        assert states.shape[1] <= 64


def test_the_fingerprint_is_of_what_changes_a_vector():
    made = [HashingTokens(dim=8), HashingTokens(dim=9), HashingTokens(dim=8, max_tokens=5)]
    assert len({each.fingerprint for each in made}) == 3
    assert HashingTokens(dim=8).fingerprint == made[0].fingerprint


def test_a_transformers_states_do_not_depend_on_what_stands_beside(tmp_path):
    encoder = TransformerTokens(model=bert_in(tmp_path / "bert"), batch_size=2)
    texts = ["born in", "a", "who was born here in 1990", ""]
    states, mask = encoder.encode(texts)
    assert states.shape[2] == encoder.dim == 16 and states.dtype == np.float32
    for row, text in enumerate(texts):
        alone, _ = encoder.encode([text])
        np.testing.assert_allclose(states[row][mask[row]], alone[0], atol=1e-5)
    assert (states[~mask] == 0).all()
    assert len(encoder.encode([])[0]) == 0
    same = TransformerTokens(model=tmp_path / "bert", batch_size=7)
    assert same.fingerprint == encoder.fingerprint
    assert encoder.encode(list(ODD))[1][:, 0].all()
    assert make_token_encoder(str(tmp_path / "bert")).dim == 16


def test_minilm_says_what_sentence_transformers_says_of_a_whole_text():
    from hopgym.agents.drag.states import TokenStates
    from hopgym.retrieval.encoders import make_encoder

    texts = ["Where was Ada born?", "lives in"]
    ours = TokenStates(make_token_encoder("minilm")).means(texts)
    ours /= np.linalg.norm(ours, axis=1, keepdims=True)
    np.testing.assert_allclose(ours, make_encoder("minilm").encode_queries(texts), atol=1e-5)


def test_texts_without_tokens_are_padded_with_one():
    states, mask = padded([np.zeros((0, 4), np.float32)], 4)
    assert states.shape == (1, 1, 4) and mask.all()
    assert padded([], 4)[0].shape == (0, 1, 4)
