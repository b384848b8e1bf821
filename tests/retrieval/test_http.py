import copy
import json
import pickle
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from servers import fake_server, free_port

from hopgym.core import Document
from hopgym.errors import ConfigError, RetrievalError, UnknownNameError
from hopgym.retrieval import Retriever, make_retriever
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.http import HttpRetriever
from hopgym.retrieval.server import Limits, running

DOCUMENTS = [
    Document("a", "Ada", "a mathematician", "News", {"year": 1815}),
    Document("b", "Bob", "a chemist"),
    Document("c", "", "a mathematician and chemist"),
]
QUICK = {"backoff": 0.001, "timeout": 5}


def found(*ids, score=1.0):
    return [{"document": {"id": i, "contents": f'"T{i}"\ntext {i}'}, "score": score} for i in ids]


def echo(asked):
    """Find, for each query, the document of that name."""
    return 200, {"result": [found(query) for query in asked.json["queries"]]}


def test_it_finds_what_the_served_retriever_finds():
    served = BM25Retriever(DOCUMENTS)
    queries = ["mathematician", "chemist", "", "zzz", "ada bob"]
    with running(served) as url:
        remote = make_retriever(f"http?url={url}", DOCUMENTS)
        assert isinstance(remote, HttpRetriever) and isinstance(remote, Retriever)
        for k in (1, 3):
            assert remote.search(queries, k) == served.search(queries, k)
        assert remote.search([], 3).ids == []
        without = HttpRetriever(url=url).search(["ada"], 1)
        assert without[0][0][0] == Document("a", "Ada", "a mathematician", "News")


def test_a_batch_equals_its_queries_and_is_split():
    with fake_server(echo) as fake:
        remote = HttpRetriever(url=fake.url, batch=4, connections=3)
        queries = [str(number) for number in range(30)]
        assert remote.search(queries, 2).ids == [[query] for query in queries]
        assert len(fake.asked) == 8
        assert [remote.search([query], 2).ids[0] for query in queries] == [[q] for q in queries]
        fake.asked.clear()
        remote.search(queries, 25_000)  # two queries a request keep the replies bounded
        assert len(fake.asked) == 15


def test_a_dialect_of_single_queries_asks_one_by_one():
    def answer(asked):
        return 200, {"result": [found(asked.json["query"])]}

    with fake_server(answer) as fake:
        remote = HttpRetriever(url=fake.url, dialect="skyrl_gym")
        assert remote.search(["x", "y", "z"], 2).ids == [["x"], ["y"], ["z"]]
        assert len(fake.asked) == 3


@pytest.mark.parametrize("dialect", ["gem", "skyrl_gym", "verl"])
def test_our_server_understands_its_cousins(dialect):
    served = BM25Retriever(DOCUMENTS)
    with running(served) as url:
        remote = HttpRetriever(DOCUMENTS, url=url, dialect=dialect)
        assert remote.search(["ada", "chemist"], 2) == served.search(["ada", "chemist"], 2)


def test_the_path_is_the_urls_or_the_dialects():
    with fake_server(echo) as fake:
        for url in (fake.url, f"{fake.url}/", f"{fake.url}/retrieve_wiki/", f"{fake.url}/a?b=c"):
            HttpRetriever(url=url).search(["x"], 1)
        assert [asked.path for asked in fake.asked] == [
            "/retrieve",
            "/retrieve",
            "/retrieve_wiki",
            "/a?b=c",
        ]


def test_rows_are_cut_to_k_and_hold_a_document_once():
    with fake_server(lambda _: (200, {"result": [found("1", "2", "2", "3")]})) as fake:
        remote = HttpRetriever(url=fake.url)
        assert remote.search(["x"], 3).ids == [["1", "2"]]
        assert remote.search(["x"], 9).ids == [["1", "2", "3"]]


def test_without_ids_and_scores_content_and_place_stand_in():
    reply = {"answers": [["Ada\na mathematician", "Eve\nx", "Eve\nx", "Bob\n a chemist "]]}
    with fake_server(lambda _: (200, reply)) as fake:
        row = HttpRetriever(url=fake.url, dialect="r1_searcher").search(["x"], 9)[0]
        again = HttpRetriever(url=fake.url, dialect="r1_searcher").search(["x"], 9)[0]
        known = HttpRetriever(DOCUMENTS, url=fake.url, dialect="r1_searcher").search(["x"], 9)
    assert row == again and len({document.id for document, _ in row}) == 3
    assert [score for _, score in row] == [1, 1 / 2, 1 / 3]
    assert known.ids[0][0] == "a" and known.ids[0][2] == "b"
    assert known.documents[0][0] is DOCUMENTS[0]  # with its source and metadata


def test_the_same_content_twice_keeps_its_ids():
    twins = [Document("1", "T", "x"), Document("2", "T", "x")]
    with running(BM25Retriever([*twins, Document("3", "U", "y")])) as url:
        assert HttpRetriever(twins, url=url).search(["x"], 5).ids == [["1", "2"]]


def test_a_known_id_with_other_content_stays_what_the_server_says():
    reply = {"result": [[{"document": {"id": "a", "contents": "Other\ntext"}, "score": 1.0}]]}
    with fake_server(lambda _: (200, reply)) as fake:
        row = HttpRetriever(DOCUMENTS, url=fake.url).search(["x"], 1)[0]
    assert row[0][0] == Document("a", "Other", "text")


def test_what_scores_are_made_of_comes_along():
    class Made:
        fingerprint = "made"

        def search(self, queries, k):
            hits = BM25Retriever(DOCUMENTS).search(queries, k)
            parts = [[{"bm25": score, "n": 1.0} for score in row] for row in hits.scores]
            return type(hits)(hits.documents, hits.scores, parts)

    queries = ["ada", "mathematician", "zzz"]
    with running(Made()) as url:
        remote = HttpRetriever(DOCUMENTS, url=url)
        assert remote.search(queries, 2) == Made().search(queries, 2)


def test_a_server_that_recovers_is_asked_again():
    replies = [(503, {"detail": "busy"}, {"Retry-After": "0"}), None, (500, b"oops"), None]

    def answer(asked):
        return replies.pop(0) if replies else echo(asked)

    with fake_server(answer) as fake:
        assert HttpRetriever(url=fake.url, retries=4, **QUICK).search(["x"], 1).ids == [["x"]]
        assert len(fake.asked) == 5


def test_retry_after_is_honoured():
    replies = [(429, {"detail": "slowly"}, {"Retry-After": "0.4"})]
    with fake_server(lambda asked: replies.pop() if replies else echo(asked)) as fake:
        start = time.monotonic()
        HttpRetriever(url=fake.url, **QUICK).search(["x"], 1)
        assert time.monotonic() - start >= 0.4


@pytest.mark.parametrize(
    ("status", "detail", "message"),
    [
        (401, {"detail": "no token"}, r"answered 401: 'no token'\. Name the environment variable"),
        (403, b"<html>", "answered 403: '<html>'.*token_env"),
        (404, {"detail": "Not Found"}, "answered 404.*Check the path"),
        (413, {"detail": "too large"}, "answered 413.*smaller batch"),
        (422, {"detail": [{"msg": "bad"}]}, "answered 422.*Ask for fewer hits"),
        (302, b"", "answered 302.*Check the url"),
        (204, b"", "answered 204"),
    ],
)
def test_a_refusal_is_not_repeated_and_says_what_to_do(status, detail, message):
    with fake_server(lambda _: (status, detail)) as fake:
        with pytest.raises(RetrievalError, match=message):
            HttpRetriever(url=fake.url).search(["x"], 1)
        assert len(fake.asked) == 1


@pytest.mark.parametrize(
    "reply", [b"", b"{", b"[]", {"result": []}, {"result": [[{"document": {}}]]}]
)
def test_a_malformed_or_short_reply_is_an_error_never_a_row(reply):
    with (
        fake_server(lambda _: (200, reply)) as fake,
        pytest.raises(RetrievalError, match=r"reply.*It came from http://127|no text.*It came"),
    ):
        HttpRetriever(url=fake.url, **QUICK).search(["x"], 1)


def test_a_reply_that_is_cut_short_is_an_error():
    def answer(asked):
        return 200, b'{"result": [[]]}', {"Content-Encoding": "gzip"}

    with (
        fake_server(answer) as fake,
        pytest.raises(RetrievalError, match="cannot be read"),
    ):
        HttpRetriever(url=fake.url, **QUICK).search(["x"], 1)


def test_nobody_there_is_an_error_with_the_cure_and_is_then_left_alone():
    remote = HttpRetriever(url=f"http://127.0.0.1:{free_port()}", failures=2, pause=60, **QUICK)
    for _ in range(2):
        with pytest.raises(
            RetrievalError, match=r"No server can be reached at .*Start it.*after 4 t"
        ):
            remote.search(["x"], 1)
    with pytest.raises(RetrievalError, match=r"is left alone for another \d"):
        remote.search(["x"], 1)


def test_a_server_that_never_answers_runs_into_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(RetrievalError, match=r"within 0\.2 s \(ReadTimeout"):
            HttpRetriever(url=url, timeout=0.2, retries=1, backoff=0.01).search(["x"], 1)
        assert time.monotonic() - start < 20


def test_an_overloaded_server_answers_all_who_come_back():
    """Many threads share one client and a server that holds only a few queries."""
    limits = Limits(max_waiting=4, max_queries=4, max_batch=4)
    with running(BM25Retriever(DOCUMENTS), limits=limits) as url:
        remote = HttpRetriever(url=url, retries=30, backoff=0.01)
        with ThreadPoolExecutor(16) as pool:
            rows = list(pool.map(lambda _: remote.search(["ada"], 1).ids, range(64)))
    assert rows == [[["a"]]] * 64


def test_the_token_is_sent_and_never_shown(monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "s3cret")
    with running(BM25Retriever(DOCUMENTS), token="s3cret") as url:
        remote = HttpRetriever(url=url, token_env="MY_TOKEN")
        assert remote.search(["ada"], 1).ids == [["a"]]
        shown = repr(remote) + remote.fingerprint + repr(vars(remote)) + str(pickle.dumps(remote))
        assert "s3cret" not in shown
        monkeypatch.setenv("MY_TOKEN", "wrong")
        with pytest.raises(
            RetrievalError, match=r"401.*refused the token that token_env=MY_"
        ) as caught:
            remote.search(["ada"], 1)
        assert "wrong" not in str(caught.value)


def test_it_travels_to_another_process():
    with fake_server(echo) as fake:
        remote = HttpRetriever(DOCUMENTS, url=fake.url)
        remote.search(["x"], 1)
        other = pickle.loads(pickle.dumps(remote))
        assert other.search(["x"], 1).ids == [["x"]]
        assert other.fingerprint == remote.fingerprint


def test_a_proxy_leads_not_away_from_this_machine(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    with fake_server(echo) as fake:
        assert HttpRetriever(url=fake.url, retries=0).search(["x"], 1).ids == [["x"]]


def test_the_fingerprint_names_what_is_asked():
    def name(*documents, **options):
        return HttpRetriever(documents, **{"url": "http://localhost:1", **options}).fingerprint

    assert name() == name(timeout=3) == name(url="http://localhost:1/retrieve")
    others = [name(), name(url="http://localhost:2"), name(dialect="gem"), name(*DOCUMENTS)]
    assert len(set(others)) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "127.0.0.1:8000"}, "url is '127.0.0.1:8000'; give one such as http://"),
        ({"url": "ftp://host"}, "give one such as"),
        ({"url": "http://"}, "give one such as"),
        ({"url": "http://host:99999"}, "give one such as"),
        ({"url": 8000}, "give one such as"),
        ({"url": None}, "http needs the url of a server: retriever='http\\?url=http://127"),
        ({"url": "http://me:word@host"}, "put a token into a variable"),
        ({"timeout": 0}, "timeout is 0; give seconds"),
        ({"timeout": "soon"}, "timeout is 'soon'"),
        ({"batch": 0}, "batch is 0; give a whole number from 1"),
        ({"connections": 1.5}, "connections is 1.5"),
        ({"retries": -1}, "retries is -1"),
        ({"failures": 0}, "failures is 0"),
        ({"pause": -1}, "pause is -1"),
        ({"token_env": "HOPGYM_NO_SUCH_TOKEN"}, "'HOPGYM_NO_SUCH_TOKEN' holds no token"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        HttpRetriever(**{"url": "http://localhost:1", **options})


def test_http_by_its_name_alone_asks_for_a_url():
    with pytest.raises(ConfigError, match="The retriever http needs the url of a server"):
        make_retriever("http")


def test_its_copy_is_itself_and_shares_its_connections():
    remote = HttpRetriever(url="http://localhost:1")
    assert copy.deepcopy(remote) is remote


def test_an_unknown_dialect_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'zerosearch'"):
        HttpRetriever(url="http://localhost:1", dialect="zero_search")


def test_bad_calls_are_refused_before_anything_is_sent():
    remote = HttpRetriever(url="http://localhost:1")
    with pytest.raises(ConfigError, match="k is 0"):
        remote.search(["x"], 0)
    with pytest.raises(ConfigError, match="one string"):
        remote.search("x", 1)


def test_threads_get_their_own_answers():
    def answer(asked):
        time.sleep(0.002)
        return echo(asked)

    before = threading.active_count()  # other tests may have left some that wait
    with fake_server(answer) as fake:
        remote = HttpRetriever(url=fake.url)
        queries = [f"{thread}-{number}" for thread in range(8) for number in range(10)]
        with ThreadPoolExecutor(8) as pool:
            rows = list(pool.map(lambda query: remote.search([query], 1).ids, queries))
    assert rows == [[[query]] for query in queries]
    assert threading.active_count() < before + 20
    assert json.loads(fake.asked[0].body)["topk"] == 1


def test_a_server_that_takes_fewer_queries_names_the_batch():
    limits = Limits(max_queries=4, max_batch=4)
    with running(BM25Retriever(DOCUMENTS), limits=limits) as url:
        with pytest.raises(RetrievalError, match=r"answered 422.*Set batch=4\.$"):
            HttpRetriever(url=url).search(["ada"] * 5, 1)
        assert len(HttpRetriever(url=url, batch=4).search(["ada"] * 5, 1)) == 5


def test_a_connection_that_breaks_is_told_from_none():
    with (
        fake_server(lambda _: None) as fake,
        pytest.raises(RetrievalError, match="broke before it"),
    ):
        HttpRetriever(url=fake.url, retries=0).search(["x"], 1)
