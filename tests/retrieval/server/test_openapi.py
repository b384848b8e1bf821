import httpx
import pytest

from hopgym.core import Document
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.server import Limits, running
from hopgym.retrieval.server.openapi import describe


def test_it_says_the_limits_that_hold():
    document = describe(Limits(max_k=7, max_chars=9, max_queries=3, max_waiting=3), guarded=False)
    content = document["paths"]["/retrieve"]["post"]["requestBody"]["content"]
    many, one = content["application/json"]["schema"]["oneOf"]
    assert many["properties"]["queries"] == {
        "type": "array",
        "items": {"type": "string", "maxLength": 9},
        "maxItems": 3,
    }
    assert one["properties"]["topk"]["maximum"] == 7
    assert "components" not in document


def test_it_says_where_a_token_is_wanted():
    paths = describe(Limits(), guarded=True)["paths"]
    wants = {path: "security" in next(iter(each.values())) for path, each in paths.items()}
    assert wants == {"/retrieve": True, "/health": False, "/info": True, "/metrics": True}


@pytest.mark.parametrize("token", [None, "s3cret"])
def test_the_server_shows_it_and_no_page_of_documentation(token):
    """Those pages load scripts from elsewhere."""
    with running(BM25Retriever([Document("a", "", "x")]), token=token) as url:
        get = lambda path: httpx.get(url + path, trust_env=False)  # noqa: E731
        assert get("/openapi.json").json() == describe(Limits(), guarded=token is not None)
        assert [get(path).status_code for path in ("/docs", "/redoc")] == [404, 404]
