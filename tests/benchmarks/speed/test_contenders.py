import pytest

from hopgym.benchmarks.speed.contenders import CONTENDERS
from hopgym.benchmarks.speed.passages import make_passages

DOCUMENTS = list(make_passages(300))
QUERIES = [" ".join(document.text.split()[:8]) for document in DOCUMENTS[:25]]
NEEDS = {"rank_bm25": "rank_bm25", "scikit-learn": "sklearn", "FAISS": "faiss", "dense": "faiss"}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] * (n == "bm25s, numba")) for n in CONTENDERS]
)
def test_every_contender_finds_what_it_was_given(name, tmp_path):
    for part, module in {**NEEDS, "numba": "numba", "tantivy": "tantivy"}.items():
        if part in name:
            pytest.importorskip(module)
    CONTENDERS[name]().build(DOCUMENTS, tmp_path)
    contender = CONTENDERS[name]()
    if not contender.saves:
        contender.build(DOCUMENTS, tmp_path)
    contender.open(tmp_path)
    found = contender.search(QUERIES)
    assert len(found) == len(QUERIES) and all(0 < len(row) <= 5 for row in found)
    right = sum(row[0] == document.id for row, document in zip(found, DOCUMENTS, strict=False))
    assert right >= 24
    assert contender.search(QUERIES[:1])[0][0] == found[0][0]
