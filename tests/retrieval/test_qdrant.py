"""Against the real client: its in-memory mode, and a server that says what a test wants."""

import copy
import json
import pickle
import threading
import time
import warnings
from functools import partial

import numpy as np
import pytest
from retriever_contract import DOCUMENTS, QUERIES, check_contract
from servers import fake_server, free_port

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, RetrievalError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.dense import DenseRetriever
from hopgym.retrieval.encoders import HashingEncoder
from hopgym.retrieval.qdrant import QdrantRetriever

pytest.importorskip("qdrant_client")

QUICK = {"backoff": 0.001, "retries": 1, "encoder": "hashing?dim=4"}
KEY = "s3cr3t-key"


class Engine:
    """Qdrant's REST interface over the real client's in-memory engine, with what goes wrong."""

    def __init__(self):
        from qdrant_client import QdrantClient

        self.local = QdrantClient(location=":memory:")
        self.lock = threading.Lock()
        self.failures = []  # replies to give instead, one for each request
        self.key = None

    def __call__(self, asked):
        from qdrant_client import models

        if self.key and asked.headers.get("api-key") != self.key:
            return 401, {"status": {"error": f"Wrong key, not {self.key}"}}
        if self.failures:
            return self.failures.pop(0)
        _, _, name, *rest = asked.path.partition("?")[0].split("/")
        body = asked.json if asked.body else {}
        with self.lock:
            if rest == ["exists"]:
                return self.ok({"exists": self.local.collection_exists(name)})
            if not rest and asked.method == "PUT":
                if self.local.collection_exists(name):
                    return 409, {"status": {"error": "already exists"}}
                params = models.VectorParams(**body["vectors"])
                self.local.create_collection(name, vectors_config=params, metadata=body["metadata"])
                return self.ok(True)
            if not rest:
                return self.ok(self.local.get_collection(name).model_dump(mode="json"))
            if rest == ["points"]:
                self.local.upsert(name, points=models.Batch(**body["batch"]))
                return self.ok({"operation_id": 1, "status": "completed"})
            if rest == ["points", "count"]:
                return self.ok({"count": self.local.count(name).count})
            assert rest == ["points", "query", "batch"], asked.path
            requests = [
                models.QueryRequest(**{**one, "params": None, "limit": 10_000})
                for one in body["searches"]
            ]
            replies = self.local.query_batch_points(name, requests=requests)
            cut = zip(replies, body["searches"], strict=True)
            return self.ok([{"points": ties_the_wrong_way(r.points)[: s["limit"]]} for r, s in cut])

    @staticmethod
    def ok(result):
        return 200, {"result": result, "status": "ok", "time": 0.0}


def ties_the_wrong_way(points):
    """Order points by score, and those that tie from the last id to the first."""
    dumped = [point.model_dump(mode="json") for point in points]
    dumped.sort(key=lambda point: str(point["payload"].get("id", point["id"])), reverse=True)
    return sorted(dumped, key=lambda point: -point["score"])


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def server(engine):
    with fake_server(engine) as fake:
        yield fake


def local(documents, **options):
    return QdrantRetriever(documents, url=":memory:", encoder="hashing?dim=64", **options)


def near(found, expected):
    """Compare with sums that were made in another order."""
    assert found.ids == expected.ids
    for row, other in zip(found.scores, expected.scores, strict=True):
        assert row == pytest.approx(other, abs=1e-6)


def test_it_keeps_the_contract(tmp_path):
    check_contract(local, tmp_path, finds_only_matches=False)


def test_it_finds_what_the_dense_retriever_finds(server):
    made = QdrantRetriever(DOCUMENTS, url=server.url, encoder="hashing?dim=64", batch=10)
    exact = DenseRetriever(DOCUMENTS, encoder="hashing?dim=64")
    for k in (1, 7, 30, 10_000):
        near(made.search(QUERIES, k), exact.search(QUERIES, k))
    assert made.search(["ada"], 1)[0][0][0] in DOCUMENTS  # with its source and metadata
    queried = [asked.json for asked in server.asked if asked.path.endswith("/query/batch")]
    assert all(one["params"]["exact"] for body in queried for one in body["searches"])


def test_by_its_name(server):
    spec = f"qdrant?url={server.url}&encoder=hashing"
    assert make_retriever(spec, DOCUMENTS).search(["ada"], 2).ids[0]


def test_the_same_documents_are_put_in_once(server):
    make = partial(QdrantRetriever, url=server.url, batch=16, **QUICK)
    first = make(DOCUMENTS)
    put = [asked for asked in server.asked if asked.method == "PUT"]
    assert len(put) == 1 + 4  # the collection, and 52 documents in batches of 16 contents
    server.asked.clear()
    again = make(DOCUMENTS[::-1])
    assert not [asked for asked in server.asked if asked.method == "PUT"]
    assert again.fingerprint == first.fingerprint
    others = [
        make(DOCUMENTS[1:]),
        make(DOCUMENTS, encoder="hashing?dim=5"),
        make(DOCUMENTS, exact=False),
    ]
    assert len({first.fingerprint, *(other.fingerprint for other in others)}) == 4


def test_an_upload_that_was_killed_is_done_again(engine, server):
    make = partial(QdrantRetriever, DOCUMENTS, url=server.url, batch=10, **QUICK)
    refusal = (400, {"status": {"error": "no"}})
    with pytest.MonkeyPatch.context() as patch:
        real, calls = QdrantRetriever._put, []

        def killed(self, points):
            calls.append(1)
            if len(calls) == 3:
                engine.failures = [refusal]
            real(self, points)

        patch.setattr(QdrantRetriever, "_put", killed)
        with pytest.raises(RetrievalError, match="answered 400"):
            make()
    expected = DenseRetriever(DOCUMENTS, encoder="hashing?dim=4").search(QUERIES, 60)
    near(make().search(QUERIES, 60), expected)


def test_two_that_make_the_same_collection_at_once(engine, server):
    real = QdrantRetriever._create

    def late(self):
        real(self)
        real(self)  # as if another process had been faster

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QdrantRetriever, "_create", late)
        made = QdrantRetriever(DOCUMENTS, url=server.url, **QUICK)
    assert len(made.search(["ada"], 5).ids[0]) == 5


def test_ties_fall_by_id_even_at_the_last_place(server):
    """Qdrant lets ties fall anyhow: more is asked for until the last place is settled."""
    twins = [Document(f"d{n:03}", "", "ada") for n in range(300)][::-1]
    made = QdrantRetriever(twins, url=server.url, **QUICK)
    assert made.search(["ada"], 3).ids == [["d000", "d001", "d002"]]
    assert made.search(["ada", "bob ada"], 20).ids[0] == [f"d{n:03}" for n in range(20)]


# --- collections of others ---------------------------------------------------------------------


def fill(engine, name, distance="Cosine", vectors=None, payloads=None, dim=4, **keywords):
    from qdrant_client import models

    params = models.VectorParams(size=dim, distance=models.Distance(distance))
    engine.local.create_collection(name, vectors_config=vectors or params, **keywords)
    if payloads:
        encoder = HashingEncoder(dim=dim)
        given = encoder.encode_queries([str(next(iter(one.values()))) for one in payloads])
        ids = list(range(1, len(payloads) + 1))
        batch = models.Batch(ids=ids, vectors=given.tolist(), payloads=payloads)
        engine.local.upsert(name, points=batch)


def test_a_collection_of_others_is_searched_as_it_is(engine, server):
    payloads = [{"contents": '"Ada"\nwrote'}, {"text": "bob", "title": "B"}, {"content": "eve"}]
    fill(engine, "wiki", payloads=payloads)
    made = QdrantRetriever(url=server.url, collection="wiki", **QUICK)
    assert made.search(["bob"], 1).rows[0][0] == (Document("2", "B", "bob"), pytest.approx(1))
    (row,) = made.search(["ada wrote"], 9).documents
    assert {(document.id, document.text) for document in row} >= {("1", "wrote"), ("3", "eve")}
    assert len(made.search(["bob"], 10**9).ids[0]) == 3
    asked = json.loads(server.asked[-1].body)["searches"][0]["limit"]
    assert asked < 100, "a server must not make room for 10^9 hits"


def test_records_without_a_text_are_an_error(engine, server):
    fill(engine, "odd", payloads=[{"name": "bob"}])
    made = QdrantRetriever(url=server.url, collection="odd", **QUICK)
    with pytest.raises(RetrievalError, match="record '1' has no text"):
        made.search(["bob"], 1)


def test_our_collection_by_its_name_refuses_another_encoder(engine, server):
    made = QdrantRetriever(DOCUMENTS, url=server.url, **QUICK)
    named = {"url": server.url, "collection": made._collection, "backoff": 0.001}
    same = QdrantRetriever(encoder=QUICK["encoder"], **named)
    near(same.search(QUERIES, 9), made.search(QUERIES, 9))
    other = "hashing?dim=4&normalize=false"
    with pytest.raises(DataError, match=r"another encoder .*normalize \(True there, False here\)"):
        QdrantRetriever(encoder=other, **named)


def test_collections_that_do_not_fit_are_refused(engine, server):
    from qdrant_client import models

    def opened(name, **options):
        return QdrantRetriever(url=server.url, collection=name, **{**QUICK, **options})

    fill(engine, "far", distance="Euclid")
    fill(engine, "long", dim=9)
    fill(engine, "named", vectors={"t": models.VectorParams(size=4, distance="Dot")})
    with pytest.raises(DataError, match=r"has no collection 'nope'. Give the name of one"):
        opened("nope")
    with pytest.raises(DataError, match=r"compares by Euclid; make one .* Dot, Cosine"):
        opened("far")
    with pytest.raises(DataError, match=r"vectors of 9 dimensions; the encoder .* makes 4"):
        opened("long")
    with pytest.raises(ConfigError, match=r"vector is None; the collection 'named' has t\."):
        opened("named")
    with pytest.raises(ConfigError, match=r"vector is 't'; .* vectors without a name: leave it"):
        opened("long", vector="t")
    assert opened("named", vector="t").search(["x"], 1).ids == [[]]


def test_bad_options_are_refused():
    with pytest.raises(DataError, match=r"0 documents was asked for in Qdrant.*collection=\.\.\."):
        QdrantRetriever(url=":memory:", encoder="hashing")
    for options, message in [
        ({"url": "ftp://x"}, "url is 'ftp://x'; give one such as"),
        ({"url": "http://me:pw@x"}, "The url holds a name or password"),
        ({"timeout": 0}, "timeout is 0; give seconds"),
        ({"batch": 0}, "batch is 0; give a whole number"),
        ({"ef": 0}, "ef is 0; give a whole number"),
        ({"retries": -1}, "retries is -1"),
        ({"collection": "a/b"}, "collection is 'a/b'; give the name"),
        ({"vector": "t"}, "vector names the vectors of a collection"),
        ({"api_key_env": "HOPGYM_NO_SUCH"}, "'HOPGYM_NO_SUCH' holds no token"),
    ]:
        with pytest.raises(ConfigError, match=message):
            QdrantRetriever(DOCUMENTS, **{"encoder": "hashing", **options})


# --- what goes wrong ---------------------------------------------------------------------------


def test_a_server_that_is_down_is_an_error():
    start = time.perf_counter()
    with pytest.raises(RetrievalError, match=r"did not answer .*Start it, .*Gave up after 2 tries"):
        QdrantRetriever(DOCUMENTS, url=f"http://127.0.0.1:{free_port()}", **QUICK)
    assert time.perf_counter() - start < 5


ERROR = {"status": {"error": "what the server says"}}
FAULTS = [
    ((500, ERROR), r"answered 500: .*what the server says.*Gave up after 2 tries"),
    ((503, b"<html>"), r"answered 503: .*html.*Gave up after 2 tries"),
    ((429, ERROR, {"Retry-After": "999"}), r"is busy\. Gave up after 1 try"),
    ((401, ERROR), r"answered 401: .*api_key_env="),
    ((403, ERROR), r"answered 403: .*right to read"),
    ((404, ERROR), r"answered 404: .*Check the url and the collection"),
    ((200, b"nonsense"), r"cannot be read"),
    ((200, {"result": 5}), r"cannot be read"),
    ((200, {"result": []}), r"sent 0 rows for 2 queries"),
    ((200, {"result": [{"points": []}, {"points": []}]}), r"0 hits .* which must give 11"),
    (None, r"did not answer"),
]


@pytest.mark.parametrize(("fault", "message"), FAULTS)
def test_a_failure_while_searching_is_never_an_empty_row(engine, server, fault, message):
    made = QdrantRetriever(DOCUMENTS[:11], url=server.url, **QUICK)
    expected = made.search(["ada", "orm"], 2)
    engine.failures = [fault, fault]
    with pytest.raises(RetrievalError, match=message):
        made.search(["ada", "orm"], 2)
    engine.failures = []
    assert made.search(["ada", "orm"], 2) == expected


def test_a_passing_failure_is_tried_again(engine, server):
    made = QdrantRetriever(DOCUMENTS, url=server.url, **QUICK)
    expected = made.search(["ada"], 3)
    for fault in ((503, ERROR), None, (429, ERROR, {"Retry-After": "0"})):
        engine.failures = [fault]
        assert made.search(["ada"], 3) == expected


def test_a_slow_server_is_not_waited_for(engine):
    slow = threading.Event()

    def answer(asked):
        if slow.is_set():
            time.sleep(1.5)
        return engine(asked)

    with fake_server(answer) as fake:
        options = {**QUICK, "retries": 0, "timeout": 0.5}
        made = QdrantRetriever(DOCUMENTS[:3], url=fake.url, **options)
        slow.set()
        with pytest.raises(RetrievalError, match=r"did not answer \(\w*Timeout"):
            made.search(["ada"], 1)
        slow.clear()


def test_after_failures_it_is_left_alone_for_a_while(engine, server):
    made = QdrantRetriever(DOCUMENTS, url=server.url, **{**QUICK, "failures": 2, "pause": 60})
    engine.failures = [(500, ERROR)] * 99
    for _ in range(2):
        with pytest.raises(RetrievalError, match="Gave up"):
            made.search(["ada"], 1)
    server.asked.clear()
    with pytest.raises(RetrievalError, match="is left alone for another"):
        made.search(["ada"], 1)
    assert not server.asked


def test_scores_that_are_not_finite_are_refused(engine, server):
    made = QdrantRetriever(DOCUMENTS[:1], url=server.url, **QUICK)
    point = b'{"id": 1, "version": 0, "score": NaN, "payload": {"text": "x"}}'
    engine.failures = [(200, b'{"result": [{"points": [' + point + b"]}]}")]
    with pytest.raises(RetrievalError, match=r"cannot be read|finite score"):
        made.search(["ada"], 1)


# --- keys and copies ---------------------------------------------------------------------------


@pytest.fixture
def _key(monkeypatch):
    monkeypatch.setenv("QDRANT_KEY", KEY)


@pytest.mark.usefixtures("_key")
def test_the_key_is_sent_and_stands_nowhere(engine, server, monkeypatch):
    engine.key = KEY
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the client's, of keys without https
        made = QdrantRetriever(DOCUMENTS, url=server.url, api_key_env="QDRANT_KEY", **QUICK)
        assert made.search(["ada"], 1).ids[0]
        copied = pickle.loads(pickle.dumps(made))
        assert copied.search(["ada"], 3) == made.search(["ada"], 3)
    assert KEY not in f"{made!r} {made.fingerprint}"
    assert KEY.encode() not in pickle.dumps(made)
    engine.key, engine.failures = None, [(500, {"status": {"error": f"bad {KEY}"}})] * 2
    with pytest.raises(RetrievalError, match=r"answered 500: .*bad \*\*\*") as caught:
        made.search(["ada"], 1)
    assert KEY not in str(caught.value)


def test_a_wrong_key_says_where_to_put_the_right_one(engine, server):
    engine.key = KEY
    with pytest.raises(RetrievalError, match=r"answered 401: .*api_key_env=\.\.\."):
        QdrantRetriever(DOCUMENTS, url=server.url, **QUICK)


def test_a_copy_is_the_same_object(server):
    made = QdrantRetriever(DOCUMENTS, url=server.url, **QUICK)
    assert copy.deepcopy(made) is made


def test_nothing_is_asked_for_queries_that_say_nothing(server):
    made = QdrantRetriever(DOCUMENTS, url=server.url, **QUICK)
    server.asked.clear()
    assert made.search(["", " \n", "?"], 3).ids == [[], [], []]
    assert made.search([], 3).ids == []
    assert not server.asked


def test_vectors_are_cached(server, tmp_path):
    QdrantRetriever(DOCUMENTS, url=server.url, cache=tmp_path / "vectors", **QUICK)
    files = list((tmp_path / "vectors").rglob("*.vectors.npy"))
    assert sum(len(np.load(file)) for file in files) == len({(d.title, d.text) for d in DOCUMENTS})


def test_a_missing_client_says_what_to_install(monkeypatch):
    import sys

    from hopgym.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, "qdrant_client", None)
    with pytest.raises(MissingExtraError, match=r'pip install "hopgym\[engines\]"'):
        QdrantRetriever(DOCUMENTS, url=":memory:", encoder="hashing")
