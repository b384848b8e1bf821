import pytest

from hopgym.errors import ConfigError, UnknownNameError
from hopgym.retrieval.kb.models import spec_for
from hopgym.retrieval.options import split_options


def test_a_type_alone_is_a_spec():
    assert spec_for("bm25") == "bm25"
    assert spec_for("bm25?k1=1.2") == "bm25?k1=1.2"


def test_defect_the_seeds_type_simple_is_kept():
    assert spec_for("simple") == "tfidf"


def test_the_seeds_model_name_is_the_packaged_one():
    assert spec_for("dense", "all-MiniLM-L6-v2") == "dense?encoder=minilm"


def test_a_hub_name_survives_as_an_option():
    name, options = split_options(spec_for("dense?index=hnsw", "intfloat/e5-small-v2"))
    assert (name, options) == ("dense", {"index": "hnsw", "encoder": "intfloat/e5-small-v2"})


def test_a_model_with_options_of_its_own_survives():
    _, options = split_options(spec_for("dense", "hashing?dim=64"))
    assert options == {"encoder": "hashing?dim=64"}


def test_hybrid_gives_the_model_to_its_dense_child():
    name, options = split_options(spec_for("hybrid", "hashing"))
    assert name == "hybrid"
    assert options["children"] == {"bm25": "bm25", "dense": "dense?encoder=hashing"}


@pytest.mark.parametrize("type", ["bm25", "tfidf", "simple", "tantivy", "dense?encoder=hashing"])
def test_a_model_that_would_do_nothing_is_refused(type):
    with pytest.raises(ConfigError, match="takes no model"):
        spec_for(type, "minilm")


def test_an_unknown_type_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'bm25'"):
        spec_for("bm52", "minilm")
