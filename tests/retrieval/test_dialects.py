import json
import pickle

import msgspec
import pytest

from hopgym.errors import ConfigError, RetrievalError, UnknownNameError
from hopgym.retrieval.dialects import DIALECTS, Found, dialect_of

ADA = Found("Ada", "A mathematician.", "7", 0.5)

# name: the request for one query with k=2, the reply, and what is read from it
TABLE = {
    "search_r1": (
        {"queries": ["who"], "topk": 2, "return_scores": True},
        {
            "result": [
                [{"document": {"id": "7", "contents": '"Ada"\nA mathematician.'}, "score": 0.5}]
            ]
        },
        ADA,
    ),
    "skyrl_gym": (
        {"query": "who", "topk": 2, "return_scores": True},
        {"result": [[{"document": {"id": 7, "contents": "Ada\nA mathematician."}, "score": 0.5}]]},
        ADA,
    ),
    "zerosearch": (
        {"query": "who", "top_k": 2},
        [{"text": "Ada\nA mathematician."}],
        ADA._replace(id=None, score=None),
    ),
    "research": (
        {"query": ["who"], "top_n": 2},
        [[{"id": "7", "contents": "Ada\nA mathematician."}]],
        ADA._replace(score=None),
    ),
    "r1_searcher": (
        {"queries": ["who"], "k": 2},
        {"queries": ["who"], "answers": [["Ada\nA mathematician."]]},
        ADA._replace(id=None, score=None),
    ),
    "r3_rag": ({"querys": ["who"]}, [["A mathematician."]], Found("", "A mathematician.")),
    "david_grpo": (
        {"query": ["who"], "tok_k": 2, "return_score": True},
        {
            "documents": [[{"id": "7", "title": "Ada", "text": "A mathematician."}]],
            "scores": [[0.5]],
        },
        ADA,
    ),
}
TABLE["verl"] = TABLE["search_r1"]
TABLE["gem"] = TABLE["search_r1"]


@pytest.mark.parametrize("name", DIALECTS)
def test_each_dialect_asks_and_reads_as_its_servers_do(name):
    dialect, (request, reply, found) = DIALECTS[name], TABLE[name]
    code = msgspec.msgpack if dialect.packed else msgspec.json
    assert code.decode(dialect.write(["who"], 2)) == request
    assert dialect.read(code.encode(reply), 1) == [[found]]


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"id": "7", "contents": '"Ada"\nx'}, Found("Ada", "x", "7")),  # without scores
        ({"document": '"Ada"\nx', "score": 1}, Found("Ada", "x", None, 1.0)),  # its rerank server
        ({"document": {"contents": '"Ada"\nx'}}, Found("Ada", "x")),  # its web search servers
        ({"document": {"_id": 0, "text": "x"}, "score": -1.5}, Found("", "x", "0", -1.5)),
        (
            {"document": {"id": "7", "contents": "x", "source": "News"}, "components": {"a": 1}},
            Found("", "x", "7", None, "News", {"a": 1.0}),
        ),
    ],
)
def test_search_r1_servers_differ(item, found):
    reply = json.dumps({"result": [[item], []]}).encode()
    assert DIALECTS["search_r1"].read(reply, 2) == [[found], []]


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"", "cannot be read"),
        (b"<html>", "cannot be read"),
        (b"\xff", "cannot be read"),
        (b'{"result": [[{"document": {"contents": "x"}, "score": NaN}]]}', "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b"{}", "another form.*result"),
        (b"[]", "another form"),
        (b"null", "another form"),
        (b'{"result": null}', "another form"),
        (b'{"result": [null]}', "another form"),
        (b'{"result": []}', "0 rows for 1 queries"),
        (b'{"result": [[], []]}', "2 rows for 1 queries"),
        (b'{"result": [[null]]}', "result of row 0 has no text"),
        (b'{"result": [[{"document": {"id": "7"}}]]}', "result of row 0 has no text"),
        (b'{"result": [[{"contents": "x", "id": true}]]}', "the id True"),
        (b'{"result": [[{"contents": "x", "id": ["a"]}]]}', "the id"),
        (b'{"result": [[{"document": "x", "score": "high"}]]}', "the score 'high'"),
        (b'{"result": [[{"document": "x", "score": true}]]}', "the score True"),
    ],
)
def test_malformed_and_short_replies_are_errors(reply, message):
    with pytest.raises(RetrievalError, match=message):
        DIALECTS["search_r1"].read(reply, 1)


def test_scores_that_do_not_fit_the_documents_are_an_error():
    reply = b'{"documents": [["x", "y"]], "scores": [[1.0]]}'
    with pytest.raises(RetrievalError, match="another form"):
        DIALECTS["david_grpo"].read(reply, 1)


def test_an_unknown_dialect_is_named_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'search_r1'"):
        dialect_of("search-r1")
    with pytest.raises(ConfigError, match="it is one of: search_r1"):
        dialect_of(1)


def test_a_dialect_travels_to_another_process():
    for dialect in DIALECTS.values():
        assert pickle.loads(pickle.dumps(dialect)) is dialect


@pytest.mark.parametrize("name", ["search_r1", "gem", "skyrl_gym", "david_grpo"])
def test_defect_a_score_of_null_was_read_as_one_that_is_left_out(name):
    """A server writes null for NaN; the client then ranked by place."""
    dialect = dialect_of(name)
    record = {"document": {"id": "a", "contents": "x"}, "score": None}
    reply = {"result": [[record]]}
    if name == "david_grpo":
        reply = {"documents": [["x"]], "scores": [[None]]}
    encode = msgspec.msgpack.encode if dialect.packed else msgspec.json.encode
    with pytest.raises(RetrievalError, match="row 0 has the score null, though scores were asked"):
        dialect.read(encode(reply), 1)


def test_a_score_of_null_that_was_not_asked_for_is_left_out():
    reply = [{"document": {"id": "a", "contents": "x"}, "score": None}]
    assert dialect_of("zerosearch").read(msgspec.json.encode(reply), 1)[0][0].score is None
