import json

import msgspec
import numpy as np
import pytest

from hopgym.core import Document
from hopgym.retrieval.base import Hits
from hopgym.retrieval.server.limits import Limits
from hopgym.retrieval.server.protocol import RequestError, read_request, write_reply

LIMITS = Limits(max_queries=3, max_chars=10, max_k=50, max_hits=100)
HITS = Hits([[Document("0", "Ada", "a\nb")], []], [[0.5], []])


def test_the_request_of_search_r1():
    body = b'{"queries": ["a", "b"], "topk": 5, "return_scores": true, "other": 1}'
    request = read_request(body, LIMITS)
    assert (request.queries, request.k, request.scores) == (("a", "b"), 5, True)


@pytest.mark.parametrize("body", [b'{"queries": ["a"]}', b'{"queries": ["a"], "topk": null}'])
def test_the_defaults_are_three_hits_without_scores(body):
    request = read_request(body, LIMITS)
    assert (request.k, request.scores) == (3, False)


def test_one_query_as_skyrl_gym_sends_it():
    assert read_request(b'{"query": "a", "topk": 1}', LIMITS).queries == ("a",)


def test_no_queries_are_none():
    assert read_request(b'{"queries": []}', LIMITS).queries == ()


def test_message_pack_as_gem_sends_it():
    body = msgspec.msgpack.encode({"queries": ["a"], "topk": 2, "return_scores": True})
    request = read_request(body, LIMITS)
    assert request.packed and request.queries == ("a",) and request.k == 2
    reply = write_reply(HITS, True, packed=True)
    assert msgspec.msgpack.decode(reply) == json.loads(write_reply(HITS, True))


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (400, b"", "not JSON"),
        (400, b"{", "not JSON"),
        (400, b"{'queries': []}", "not JSON"),
        (400, b'{"queries": ["\xff"]}', "not JSON"),
        (400, b'{"queries": ["\\ud800"]}', "not JSON"),
        (400, b'{"x":' + b"[" * 100_000, "not JSON"),
        (400, b"\x81\xa7queries\x91\xa1\xff", "not JSON"),
        (422, b"\x81" * 100_000, "Expected `str`"),
        (422, b"[]", "Expected `object`, got `array`"),
        (422, b"null", "Expected `object`"),
        (422, b"{}", 'either "queries"'),
        (422, b'{"queries": null}', 'either "queries"'),
        (422, b'{"queries": ["a"], "query": "a"}', 'either "queries"'),
        (422, b'{"queries": "a"}', "queries"),
        (422, b'{"queries": [1]}', "queries"),
        (422, b'{"queries": ["a"], "topk": 0}', "topk is 0; ask for 1 to 50"),
        (422, b'{"queries": ["a"], "topk": -1}', "topk is -1"),
        (422, b'{"queries": ["a"], "topk": 1000000000}', "topk is 1000000000"),
        (422, b'{"queries": ["a"], "topk": 1' + b"0" * 100 + b"}", "topk"),
        (422, b'{"queries": ["a"], "topk": 1e9}', "topk"),
        (422, b'{"queries": ["a"], "topk": "3"}', "topk"),
        (422, b'{"queries": ["a"], "topk": true}', "topk"),
        (422, b'{"queries": ["a"], "return_scores": "yes"}', "return_scores"),
        (422, b'{"queries": ["a", "a", "a", "a"]}', "4 queries; this server takes 3"),
        (422, b'{"queries": ["a", "12345678901"]}', "Query 1 has 11 characters.*takes 10"),
        (422, b'{"queries": ["a", "b", "c"], "topk": 50}', "3 queries with 50 hits.*than 100"),
    ],
)
def test_bad_requests_are_refused_with_their_reason(status, body, message):
    with pytest.raises(RequestError, match=message) as caught:
        read_request(body, LIMITS)
    assert caught.value.status == status


def test_with_scores_and_without():
    document = {"id": "0", "contents": '"Ada"\na\nb'}
    assert json.loads(write_reply(HITS, scores=True)) == {
        "result": [[{"document": document, "score": 0.5}], []]
    }
    assert json.loads(write_reply(HITS, scores=False)) == {"result": [[document], []]}


def test_scores_of_numpy_and_their_parts_are_written():
    score = np.float32(0.1)
    hits = Hits([[Document("0", "", "x")]], [[score]], [[{"bm25": 1.0}]])
    (item,) = json.loads(write_reply(hits, scores=True))["result"][0]
    assert item["score"] == float(score) and item["components"] == {"bm25": 1.0}
    assert "components" not in json.loads(write_reply(hits, scores=False))["result"][0][0]


def test_components_that_do_not_fit_the_rows_are_an_error_and_never_anothers():
    hits = Hits([[], [Document("0", "", "x")]], [[], [1.0]], [[{"bm25": 1.0}]])
    with pytest.raises(ValueError, match="is longer than argument 1"):
        write_reply(hits, scores=True)
    with pytest.raises(ValueError, match="is shorter than argument 1"):
        write_reply(Hits([[], []], [[], []], [[]]), scores=True)
