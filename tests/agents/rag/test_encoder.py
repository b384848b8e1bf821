import pickle

import numpy as np
import pytest
from tiny_rag import DOCUMENTS, QUESTIONS, towers

from hopgym.agents.rag.encoder import TowersEncoder
from hopgym.agents.rag.making import save_towers
from hopgym.errors import ConfigError
from hopgym.retrieval.encoders import Encoder, make_encoder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("towers")
    save_towers(towers(), folder)
    return folder


def test_vectors_are_those_of_the_towers(folder):
    encoder, made = TowersEncoder(folder=str(folder)), towers()
    assert isinstance(encoder, Encoder) and encoder.dim == 64
    np.testing.assert_array_equal(
        encoder.encode_queries(QUESTIONS), made.encode_questions(QUESTIONS)
    )
    np.testing.assert_array_equal(
        encoder.encode_documents(DOCUMENTS), made.encode_passages(DOCUMENTS)
    )


def test_it_is_named_by_what_its_files_hold(folder, tmp_path):
    save_towers(towers(), tmp_path / "same")
    save_towers(towers(seed=3), tmp_path / "other")
    encoder = TowersEncoder(folder=str(folder))
    same, other = (TowersEncoder(folder=str(tmp_path / each)) for each in ("same", "other"))
    assert encoder.fingerprint == same.fingerprint != other.fingerprint
    copy = pickle.loads(pickle.dumps(encoder))
    assert copy.fingerprint == encoder.fingerprint
    spec = f"hopgym.agents.rag.encoder:TowersEncoder?folder={folder}"
    assert make_encoder(spec).fingerprint == encoder.fingerprint


def test_a_folder_without_towers_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"holds no towers: there is no towers.json"):
        TowersEncoder(folder=str(tmp_path)).encode_queries(["a"])
