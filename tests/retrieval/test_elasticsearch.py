"""The real client against a fake engine on 127.0.0.1."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from fake_engine import fake_engine
from servers import free_port

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, RetrievalError
from hopgym.retrieval import Retriever, make_retriever
from hopgym.retrieval.elasticsearch import MAX_QUERY_WORDS, ElasticsearchRetriever
from hopgym.retrieval.engines import NOTE, PREFIX

DOCUMENTS = [
    Document("b", "Bob", "a chemist"),
    Document("c", "", "a mathematician and chemist"),
    Document("a", "Ada", "a mathematician", "News", {"year": 1815}),
    Document("twin", "Bob", "a chemist"),
]
QUICK = {"backoff": 0.001, "timeout": 5}
OUTAGE = 503, {"error": "starting", "status": 503}


@pytest.fixture(params=["elasticsearch", "opensearch"])
def product(request):
    return request.param


@pytest.fixture
def engine():
    with fake_engine() as (engine, fake):
        engine.fake, engine.url = fake, fake.url
        yield engine


def made(engine, documents=DOCUMENTS, **options):
    return ElasticsearchRetriever(documents, **{"url": engine.url, **QUICK, **options})


def requests(engine, verb):
    return [asked for asked in engine.fake.asked if asked.path.partition("?")[0].endswith(verb)]


def test_documents_are_put_in_and_found(product):
    with fake_engine(product) as (_, fake):
        found = make_retriever(f"elasticsearch?url={fake.url}&product={product}", DOCUMENTS)
        assert isinstance(found, ElasticsearchRetriever) and isinstance(found, Retriever)
        hits = found.search(["mathematician", "bob", "zzz", ""], 3)
        assert hits.ids == [["a", "c"], ["b", "twin"], [], []]
        assert hits.documents[0][0] == DOCUMENTS[2]  # with its source and metadata
        assert hits.scores[0] == sorted(hits.scores[0], reverse=True) and hits.scores[0][0] > 0


def test_opensearch_is_not_asked_as_elasticsearch():
    with (
        fake_engine("opensearch") as (_, fake),
        pytest.raises(RetrievalError, match=r"answered 406|not Elasticsearch.*opensearch"),
    ):
        ElasticsearchRetriever(DOCUMENTS, url=fake.url, **QUICK)


def test_a_batch_equals_its_queries(engine):
    found = made(engine, batch=2)
    queries = ["chemist", "ada bob", "zzz", "mathematician", "a"]
    batch = found.search(queries, 2)
    assert [found.search([query], 2).rows[0] for query in queries] == batch.rows
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda query: found.search([query], 2).rows[0], queries)) == batch.rows
    assert found.search([], 2).ids == []


def test_ties_fall_by_id_also_at_the_last_place(engine):
    assert made(engine).search(["bob"], 1).ids == [["b"]]


def test_the_same_documents_and_settings_find_their_index_again(engine):
    first = made(engine)
    uploads = len(requests(engine, "_bulk"))
    again = made(engine, reversed(DOCUMENTS))
    assert again.fingerprint == first.fingerprint
    assert len(requests(engine, "_bulk")) == uploads and len(engine.indices) == 1
    assert again.search(["ada"], 1).ids == [["a"]]


@pytest.mark.parametrize("other", [{"k1": 0.9}, {"b": 0.4}, {"analyzer": "standard"}])
def test_other_settings_make_another_index(engine, other):
    assert made(engine).fingerprint != made(engine, **other).fingerprint
    assert len(engine.indices) == 2
    assert made(engine, DOCUMENTS[:2]).search(["mathematician"], 4).ids == [["c"]]


def test_the_engine_is_told_the_settings(engine):
    made(engine, k1=0.9, b=0.4, analyzer="standard")
    ((name, index),) = engine.indices.items()
    assert name.startswith(PREFIX)
    similarity = {"type": "BM25", "k1": 0.9, "b": 0.4}
    assert index["settings"]["index"]["similarity"]["default"] == similarity
    assert index["mappings"]["properties"]["contents"]["analyzer"] == "standard"
    assert index["mappings"]["_meta"][NOTE]["fingerprint"] in name


def test_an_upload_that_was_killed_is_done_again(engine):
    full = made(engine, batch=1)
    ((_, index),) = engine.indices.items()
    expected = dict(index["documents"])
    while len(index["documents"]) > 1:
        index["documents"].popitem()
    made(engine, batch=1)
    assert index["documents"] == expected
    assert full.search(["chemist"], 4).ids == [["b", "twin", "c"]]


def test_an_index_that_holds_strangers_is_refused(engine):
    made(engine)
    ((name, index),) = engine.indices.items()
    index["documents"]["strange"] = {"id": "x", "title": "", "text": "x", "contents": "x"}
    with pytest.raises(RetrievalError, match=f"{name} holds 5 documents after 4.*Remove it"):
        made(engine)


def test_a_race_to_make_the_index_is_no_error(engine):
    raced = []

    def other_process(asked):
        if asked.method == "PUT" and not raced:
            raced.append(True)
            engine.create(asked.path.strip("/"), asked.json)

    engine.trouble = other_process
    assert made(engine).search(["ada"], 1).ids == [["a"]]


def test_a_named_index_is_searched_as_it_is(engine):
    engine.create("wiki", {"mappings": {}})
    records = [{"contents": '"Ada"\nx y'}, {"contents": "y"}, {"id": 7, "contents": "z"}]
    for number, record in enumerate(records):
        engine.indices["wiki"]["documents"][f"k{number}"] = record
    found = made(engine, (), index="wiki", field="contents")
    assert found.search(["x"], 3).documents[0] == [Document("k0", "Ada", "x y")]
    assert found.search(["z"], 3).ids == [["7"]]
    assert not requests(engine, "_bulk")


def test_our_index_by_its_name_is_ours(engine):
    name = f"{PREFIX}{made(engine).fingerprint}"
    assert made(engine, (), index=name).search(["bob"], 1).ids == [["b"]]


def test_a_field_without_texts_we_know_is_an_error_never_a_blank_document(engine):
    engine.create("web", {"mappings": {}})
    engine.indices["web"]["documents"]["k"] = {"body": "x"}
    with pytest.raises(RetrievalError, match="record 'k' has no text"):
        made(engine, (), index="web", field="body").search(["x"], 1)


def test_an_index_that_is_not_there_is_an_error_with_the_cure(engine):
    with pytest.raises(DataError, match=r"has no index 'wiki'.*leave the index out"):
        made(engine, (), index="wiki")
    with pytest.raises(DataError, match=r"0 documents.*index=\.\.\."):
        made(engine, ())


def test_long_queries_are_cut_before_the_engine_refuses_them(engine):
    found = made(engine)
    words = " ".join(["ada"] * 10 * MAX_QUERY_WORDS)
    assert found.search([words], 1).ids == [["a"]]
    sent = requests(engine, "_msearch")[-1].body
    assert sent.count(b"ada") == MAX_QUERY_WORDS


def search_replies(engine, *replies):
    """Let the next searches be answered so, and then as usual."""
    left = list(replies)
    engine.trouble = lambda asked: (
        left.pop(0) if left and asked.path.startswith("/_msearch") else None
    )
    return left


def responses(**fields):
    whole = {"timed_out": False, "_shards": {"failed": 0}, "hits": {"hits": []}}
    return 200, {"responses": [{**whole, **fields}]}


@pytest.mark.parametrize(
    "reply",
    [
        OUTAGE,
        (429, {"error": "busy", "status": 429}, {"Retry-After": "0"}),
        responses(timed_out=True),
        responses(_shards={"failed": 1}),
        responses(error={"reason": "queue full"}, status=429),
    ],
)
def test_what_may_pass_is_asked_again(engine, reply):
    found = made(engine)
    left = search_replies(engine, reply, reply)
    assert found.search(["ada"], 1).ids == [["a"]] and not left


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (responses(timed_out=True), "did not answer.*after 2 tries"),
        (responses(_shards={"failed": 1}), "A part of the index.*did not answer"),
        (responses(error={"reason": "no field"}, status=400), "answered 400: .*no field.*Check"),
        ((200, {"responses": []}), "sent 0 rows for 1 queries"),
        ((200, {}), "cannot be read"),
        ((200, b"<html>"), "cannot be read"),
        (responses(hits={}), "cannot be read"),
        ((401, {"error": "who?", "status": 401}), "answered 401.*api_key_env"),
        ((403, {"error": "no", "status": 403}), "answered 403.*right to read"),
        (OUTAGE, "answered 503.*Gave up after 2 tries"),
    ],
)
def test_every_failure_is_an_error_never_an_empty_row(engine, reply, message):
    found = made(engine, retries=1)
    search_replies(engine, *[reply] * 9)
    with pytest.raises(RetrievalError, match=message):
        found.search(["ada"], 1)


def test_documents_that_the_engine_refuses_are_an_error(engine):
    item = {"index": {"status": 400, "error": {"reason": "mapper broke"}}}
    engine.trouble = lambda asked: (
        (200, {"errors": True, "items": [{"index": {"status": 201}}, item]})
        if "_bulk" in asked.path
        else None
    )
    with pytest.raises(RetrievalError, match=r"answered 400.*mapper broke"):
        made(engine)


def test_nobody_there_is_an_error_with_the_cure_and_then_costs_no_time():
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(RetrievalError, match=r"did not answer.*Start it, or check the url"):
        ElasticsearchRetriever(DOCUMENTS, url=url, retries=1, **QUICK)


def test_whoever_keeps_failing_is_left_alone(engine):
    found = made(engine, retries=0, failures=2, pause=60)
    engine.trouble = lambda asked: OUTAGE
    for _ in range(2):
        with pytest.raises(RetrievalError, match="answered 503"):
            found.search(["ada"], 1)
    asked = len(engine.fake.asked)
    with pytest.raises(RetrievalError, match="is left alone for another"):
        found.search(["ada"], 1)
    assert len(engine.fake.asked) == asked


def test_the_api_key_is_sent_and_never_shown(engine, monkeypatch):
    monkeypatch.setenv("MY_KEY", "s3cret")
    found = made(engine, api_key_env="MY_KEY")
    assert engine.fake.asked[0].headers["authorization"] == "ApiKey s3cret"
    shown = repr(found) + found.fingerprint + repr(vars(found)) + str(pickle.dumps(found))
    assert "s3cret" not in shown
    engine.trouble = lambda asked: (401, {"error": "unknown key", "status": 401})
    with pytest.raises(RetrievalError, match="answered 401") as caught:
        found.search(["ada"], 1)
    assert "s3cret" not in str(caught.value)


def test_it_travels_to_another_process(engine):
    copy = pickle.loads(pickle.dumps(made(engine)))
    assert copy.search(["ada"], 1).ids == [["a"]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "localhost:9200"}, "give one such as http://127.0.0.1:9200"),
        ({"url": "http://me:word@host"}, "put a token into a variable"),
        ({"product": "solr"}, "product is 'solr'; it is one of: elasticsearch, opensearch"),
        ({"index": "a,b"}, "index is 'a,b'; give the name of one index"),
        ({"field": "text"}, "field is 'text'; an index of ours keeps"),
        ({"field": ""}, "field is ''"),
        ({"k1": -1}, "k1 is -1; give a number from 0"),
        ({"b": 1.5}, "b is 1.5; give a number from 0 to 1"),
        ({"batch": 0}, "batch is 0"),
        ({"timeout": 0}, "timeout is 0"),
        ({"retries": -1}, "retries is -1"),
        ({"failures": 0}, "failures is 0"),
        ({"api_key_env": "HOPGYM_NO_SUCH"}, "'HOPGYM_NO_SUCH' holds no token.*api_key_env"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        ElasticsearchRetriever(DOCUMENTS, **options)


def test_bad_calls_are_refused_before_anything_is_sent(engine):
    found = made(engine)
    asked = len(engine.fake.asked)
    with pytest.raises(ConfigError, match="k is 0"):
        found.search(["x"], 0)
    with pytest.raises(ConfigError, match="one string"):
        found.search("x", 1)
    assert len(engine.fake.asked) == asked
