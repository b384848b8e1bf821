"""The contract of `retriever_contract`, on every retriever that is registered."""

import copy
import json
import os
import subprocess
import sys
from functools import partial
from urllib.parse import quote

import pytest
from retriever_contract import DOCUMENTS, QUERIES, check_contract

from hopgym.core import Document
from hopgym.errors import RetrievalError
from hopgym.retrieval import RETRIEVERS, make_retriever

ELSEWHERE = {"http", "qdrant", "elasticsearch", "cached"}  # need a server, or a folder
SPECS = {
    "dense": "dense?encoder=hashing",
    "hybrid": 'hybrid?children=["bm25","tfidf","dense?encoder=hashing"]',
}
FIND_ANYTHING = {"random", "dense", "hybrid"}  # nearest, however far
NAMES = [name for name in RETRIEVERS if name not in ELSEWHERE]
COMPOSED = {
    "hybrid": 'hybrid?children=["{}","random"]',
    "link_hop": "link_hop?base={}",
    "multi_source": "multi_source?base={}",
    "recursive": "recursive?base={}",
    "rerank": "rerank?base={}",
}
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


def test_each_registered_retriever_says_what_it_is():
    assert all(RETRIEVERS.summary(name).endswith((".", "control.")) for name in RETRIEVERS)


@pytest.mark.parametrize("name", ["bm25", "tfidf", "empty", "random", *COMPOSED])
def test_a_deep_copy_costs_nothing(name):
    """Gymnasium copies deeply what an environment was made with: an index was copied whole."""
    retriever = make_retriever(spec_of(name), DOCUMENTS)
    assert copy.deepcopy({"retriever": retriever})["retriever"] is retriever
    assert copy.copy(retriever) is retriever


class Broken:
    """Cannot answer."""

    fingerprint = "broken"

    def __init__(self, documents):
        self.documents = documents

    def search(self, queries, k):
        raise RetrievalError("out of reach")


@pytest.mark.parametrize("name", COMPOSED)
def test_a_child_that_fails_fails_the_search(name):
    """Never an empty row: an agent would be scored for what it could not find."""
    RETRIEVERS.register("broken", "Cannot answer.", Broken)
    try:
        retriever = make_retriever(COMPOSED[name].format("broken"), DOCUMENTS)
        with pytest.raises(RetrievalError, match="out of reach"):
            retriever.search(["ada"], k=3)
    finally:
        RETRIEVERS._factories.pop("broken")


@pytest.mark.parametrize("name", COMPOSED)
def test_composed_retrievers_nest_by_name_with_options(name, tmp_path):
    """A spec inside of a spec is written as in an address: %3F for ?, %3D for =, %26 for &."""
    inner = quote("rerank?base=bm25&depth=9")
    outer = make_retriever(COMPOSED[name].format(inner), DOCUMENTS)
    found = outer.search(QUERIES, k=5)
    assert len(found.ids[0]) == 5
    outer.save(tmp_path / "index")
    assert make_retriever(tmp_path / "index").search(QUERIES, k=5) == found


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
    assert retriever.search(["the program of the mathematician Ada Lovelace"], k=1).ids == [
        ["long"]
    ]


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
