"""The contract of `retriever_contract`, on every retriever that is registered."""

import json
import os
import subprocess
import sys
from functools import partial

import pytest
from retriever_contract import DOCUMENTS, check_contract

from hopgym.core import Document
from hopgym.retrieval import RETRIEVERS, make_retriever

SERVICES = {"http", "qdrant", "elasticsearch"}  # need a server; theirs is tested in their files
SPECS = {
    "dense": "dense?encoder=hashing",
    "hybrid": 'hybrid?children=["bm25","tfidf","dense?encoder=hashing"]',
}
FIND_ANYTHING = {"random", "dense", "hybrid"}  # nearest, however far
NAMES = [name for name in RETRIEVERS if name not in SERVICES]
LEXICAL = [name for name in NAMES if name not in {"dense", "random", "empty"}]


@pytest.fixture(autouse=True)
def _needs(request):
    if getattr(request.node, "callspec", None) and request.node.callspec.params.get("name") in (
        "dense",
        "hybrid",
    ):
        pytest.importorskip("faiss")


def spec_of(name):
    return SPECS.get(name, name)


def made(name, documents):
    """Make one that nothing else has used: the shelf would hand out the same object twice."""
    spec = spec_of(name)
    if "?" not in spec:
        return RETRIEVERS.get(name)(documents)
    return make_retriever(spec, documents)


@pytest.mark.parametrize("name", NAMES)
def test_every_retriever_keeps_the_contract(name, tmp_path):
    check_contract(partial(made, name), tmp_path, finds_only_matches=name not in FIND_ANYTHING)


@pytest.mark.parametrize("name", LEXICAL)
def test_defect_the_query_is_stemmed_as_the_index_is(name, tmp_path):
    """FlashRAG stems the index and not the query, and loses 12 points of recall (2Wiki)."""
    documents = [
        Document("a", "Directors", "directing"),
        Document("b", "Singers", "singing"),
        Document("c", "Else", "nothing here"),
    ]
    retriever = make_retriever(spec_of(name), documents)
    assert retriever.search(["directed director", "songs sing"], k=1).ids == [["a"], ["b"]]
    if hasattr(retriever, "save"):
        retriever.save(tmp_path / "index")
        loaded = make_retriever(tmp_path / "index")
        assert loaded.search(["directed director", "songs sing"], k=1).ids == [["a"], ["b"]]


@pytest.mark.parametrize("name", LEXICAL)
def test_defect_the_shortest_document_does_not_win(name):
    """Seed 004 divided the common words by the document's length: R@5 was 2.2 %."""
    documents = [
        Document("long", "Ada Lovelace", "Ada Lovelace, a mathematician, wrote a program " * 4),
        Document("short", "Ada", ""),
        *(Document(f"x{n}", "Ada", "was also a name of boats and of towns") for n in range(5)),
    ]
    retriever = make_retriever(spec_of(name), documents)
    assert retriever.search(["the program of the mathematician Ada Lovelace"], k=1).ids == [["long"]]


ASK = """
import json, sys
from retriever_contract import DOCUMENTS, QUERIES
from hopgym.retrieval import make_retriever
asked = QUERIES[:5]
found = {}
for spec in json.loads(sys.argv[1]):
    retriever = make_retriever(spec, DOCUMENTS)
    found[spec] = [retriever.fingerprint, retriever.search(asked, k=7).ids]
print(json.dumps(found))
"""


def test_every_process_finds_the_same():
    specs = [spec_of(name) for name in NAMES]
    found = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "tests"}
        run = subprocess.run(
            [sys.executable, "-c", ASK, json.dumps(specs)],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
        found.append(json.loads(run.stdout))
    assert found[0] == found[1]
    for spec in specs:
        assert make_retriever(spec, DOCUMENTS).fingerprint == found[0][spec][0]
