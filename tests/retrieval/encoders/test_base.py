import numpy as np
import pytest

from hopgym.core import Document
from hopgym.errors import RetrievalError
from hopgym.retrieval.encoders import HashingEncoder
from hopgym.retrieval.encoders.base import (
    MAX_CHARACTERS,
    Encoder,
    checked,
    passage,
    readable,
    settings_fingerprint,
    spec_of,
    unit,
)
from hopgym.retrieval.options import split_options


def test_a_passage_is_title_and_text():
    assert passage(Document("a", "Ada", "wrote")) == "Ada\nwrote"
    assert passage(Document("a", "", "wrote")) == "wrote"


def test_a_text_is_cut_and_mended():
    assert len(readable("x" * (MAX_CHARACTERS + 5))) == MAX_CHARACTERS
    assert readable("\ud800 Zoë") == "? Zoë"


def test_where_a_model_lies_is_not_in_its_name():
    here = {"encoder": "x", "model": "/here", "dim": 3}
    assert settings_fingerprint(here) == settings_fingerprint({**here, "model": "/there"})
    assert settings_fingerprint(here) != settings_fingerprint({**here, "dim": 4})


def test_a_spec_reads_back_as_its_options():
    options = {"model": "/a b/c&d?e", "query_prefix": "query: ", "normalize": True, "size": 3}
    assert split_options(spec_of("x", {**options, "none": None})) == ("x", options)
    assert spec_of("x", {"none": None}) == "x"


def test_unit_vectors_keep_zeros():
    made = unit(np.array([[0, 0], [0, 5], [3, 4]], dtype=np.float32))
    assert np.linalg.norm(made, axis=1).tolist() == pytest.approx([0, 1, 1])
    assert made.dtype == np.float32


def test_vectors_of_the_wrong_shape_are_refused():
    encoder = HashingEncoder(dim=4)
    with pytest.raises(RetrievalError, match=r"shape \(2, 4\) for 3 texts; it must give \(3, 4\)"):
        checked(np.zeros((2, 4)), 3, encoder)
    with pytest.raises(RetrievalError, match=r"must give \(2, 4\)"):
        checked(np.zeros((2, 5)), 2, encoder)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(bad):
    vectors = np.zeros((3, 4))
    vectors[1, 2] = bad
    with pytest.raises(RetrievalError, match="not finite for text 1 of 3"):
        checked(vectors, 3, HashingEncoder(dim=4))


def test_other_precisions_become_float32():
    assert checked(np.zeros((1, 4), dtype=np.float16), 1, HashingEncoder(dim=4)).dtype == np.float32


def test_an_encoder_is_known_by_what_it_has():
    assert isinstance(HashingEncoder(), Encoder)
    assert not isinstance(object(), Encoder)
