import subprocess
import sys
from pathlib import Path

import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError, UnknownNameError
from hopgym.retrieval.rerankers import (
    RERANKERS,
    LexicalReranker,
    Reranker,
    make_reranker,
    register,
)

OWN = """
class Lengths:
    fingerprint = "lengths"
    def __init__(self, *, scale: float = 1.0):
        self.scale = scale
    def score(self, pairs):
        return [len(document.text) * self.scale for _, document in pairs]

def broken():
    return 5
"""


def test_by_name():
    assert type(make_reranker("lexical")) is LexicalReranker
    assert all(RERANKERS.summary(name) for name in RERANKERS)


def test_a_reranker_stays_what_it_is():
    mine = LexicalReranker()
    assert make_reranker(mine) is mine


def test_ones_own_by_file_and_by_name(tmp_path):
    (tmp_path / "mine.py").write_text(OWN)
    made = make_reranker(f"{tmp_path}/mine.py:Lengths?scale=2")
    assert isinstance(made, Reranker)
    assert made.score([("q", Document("a", "", "four"))]) == [8]
    with pytest.raises(ConfigError, match="returned a int, which is no reranker"):
        make_reranker(f"{tmp_path}/mine.py:broken")
    with pytest.raises(ConfigError, match='scale="much", but scale is a number'):
        make_reranker(f"{tmp_path}/mine.py:Lengths?scale=much")
    register("own", "One's own.", type(made))
    try:
        assert type(make_reranker("own")) is type(made)
    finally:
        RERANKERS._factories.pop("own")


@pytest.mark.parametrize("spec", [5, None, LexicalReranker])
def test_what_is_no_reranker_is_refused(spec):
    with pytest.raises(ConfigError, match="is no reranker: it needs `fingerprint` and `score"):
        make_reranker(spec)


def test_unknown_names_and_options_are_refused():
    with pytest.raises(UnknownNameError, match=r"'lexcal'. Did you mean 'lexical'"):
        make_reranker("lexcal")
    with pytest.raises(ConfigError, match="'lexical' has no option 'depth'"):
        make_reranker("lexical?depth=3")
    with pytest.raises(ConfigError, match="'cross_encoder' is short of an option: missing 'model'"):
        make_reranker("cross_encoder")


@pytest.mark.parametrize("spec", ["./nowhere/model", Path("no/such/folder")])
def test_a_folder_that_does_not_exist_is_refused(spec):
    with pytest.raises(ConfigError, match=r"No model folder .*Give a folder that holds a model"):
        make_reranker(spec)


def test_importing_them_is_cheap():
    code = (
        "import sys, hopgym.retrieval.rerank as r; r.make_reranker('lexical');"
        "print([m for m in ('torch', 'transformers') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_function_of_query_and_document_is_no_factory(tmp_path):
    (tmp_path / "plain.py").write_text("def overlap(q, d):\n    return 1.0\n")
    with pytest.raises(ConfigError, match=r"takes \(q, d\), but it must be a factory"):
        make_reranker(f"{tmp_path}/plain.py:overlap")
