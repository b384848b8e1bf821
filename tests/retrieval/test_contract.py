"""The contract of `retriever_contract`, on every retriever that is registered."""

import copy
import json
import os
import shutil
import subprocess
import sys
from functools import partial
from urllib.parse import quote

import pytest
from retriever_contract import DOCUMENTS, QUERIES, check_contract

from hopgym.core import Document
from hopgym.errors import DataError, RetrievalError
from hopgym.retrieval import RETRIEVERS, make_retriever

CURE = r"Build the index again|the folder that a retriever's `save"
ELSEWHERE = {"http", "qdrant", "elasticsearch", "cached", "exa", "fan_out"}  # need more than a name
SPECS = {
    "as_of": "as_of?date=2030",
    "dense": "dense?encoder=hashing",
    "hybrid": 'hybrid?children=["bm25","tfidf","dense?encoder=hashing"]',
}
FIND_ANYTHING = {"random", "dense", "hybrid"}  # nearest, however far
NAMES = [name for name in RETRIEVERS if name not in ELSEWHERE]
COMPOSED = {
    "as_of": "as_of?date=2030&base={}",
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
        "dense?encoder=hashing&index=hnsw",
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


SAVED = [*NAMES, "dense?encoder=hashing&index=hnsw"]
DAMAGE = {
    "gone": lambda file, content: file.unlink(),
    "cut short": lambda file, content: file.write_bytes(content[: len(content) // 2]),
    "not UTF-8": lambda file, content: file.write_bytes(b"\xff" * len(content)),
    "zeros": lambda file, content: file.write_bytes(bytes(len(content))),
}


@pytest.mark.parametrize("name", SAVED)
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_refused_with_the_cure(name, damage, tmp_path):
    """Each file of each index: never an odd error, and never other hits."""
    made(name, DOCUMENTS).save(tmp_path / "index")
    files = [f.relative_to(tmp_path / "index") for f in (tmp_path / "index").rglob("*")]
    for number, file in enumerate(files):
        if (tmp_path / "index" / file).is_file():
            folder = shutil.copytree(tmp_path / "index", tmp_path / str(number))
            DAMAGE[damage](folder / file, (folder / file).read_bytes())
            with pytest.raises((DataError, RetrievalError), match=CURE):
                make_retriever(folder).search(QUERIES, k=10_000)


def contents(folder):
    """What its files hold, but locks, which whoever reads may take."""
    files = (f for f in folder.rglob("*") if f.is_file() and f.suffix != ".lock")
    return {file: file.read_bytes() for file in files}


@pytest.mark.parametrize("name", SAVED)
def test_a_full_disk_leaves_the_old_index(name, tmp_path, monkeypatch):
    """The system itself refuses to write: at once, and half-way through a file."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # half a compiled module breaks others
    resource = pytest.importorskip("resource")
    old, new = made(name, DOCUMENTS[:10]), made(name, DOCUMENTS)
    old.save(tmp_path / "index")
    found = old.search(QUERIES, k=5)
    inside = contents(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in (0, (tmp_path / "index" / "manifest.json").stat().st_size // 2):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        try:
            with pytest.raises(DataError, match=r"could not be written.*is as it was. Mend"):
                new.save(tmp_path / "index")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert contents(tmp_path) == inside
        assert make_retriever(tmp_path / "index").search(QUERIES, k=5) == found
    new.save(tmp_path / "index")
    assert make_retriever(tmp_path / "index").fingerprint == new.fingerprint


@pytest.mark.parametrize("name", [name for name in SAVED if name != "empty"])  # takes none
def test_hostile_documents_are_refused_or_come_back(name, tmp_path):
    same = Document("../a\nb\0", "\t", "")
    with pytest.raises(DataError, match="both have the id"):
        made(name, [same, same])
    with pytest.raises(DataError, match=r"cannot be written as JSON.* only valid Unicode"):
        made(name, [Document("a", "", "\ud800")])
    retriever = made(name, [same, Document("", "", ""), Document("c", "../../x", "ada")])
    retriever.save(tmp_path / "index")
    assert make_retriever(tmp_path / "index").search(["ada"], k=9) == retriever.search(["ada"], k=9)
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


@pytest.mark.parametrize("name", SAVED)
def test_defect_nothing_is_printed(name, tmp_path, capfd):
    """FlashRAG left a print of all results in its merging."""
    retriever = made(name, DOCUMENTS)
    retriever.search(QUERIES[:5], k=3)
    retriever.save(tmp_path / "index")
    make_retriever(tmp_path / "index").search(QUERIES[:5], k=3)
    assert capfd.readouterr() == ("", "")


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


@pytest.mark.slow
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
