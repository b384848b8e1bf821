import pytest
from fake_engine import fake_engine

from hopgym.core import Document
from hopgym.errors import RetrievalError
from hopgym.retrieval.elasticsearch import ElasticsearchRetriever
from hopgym.retrieval.opensearch import opensearch_node

DOCUMENTS = [Document("a", "Ada", "a mathematician"), Document("b", "Bob", "a chemist")]


def test_it_is_asked_in_plain_json():
    """The engine refuses the media types that the client sends by itself."""
    with fake_engine("opensearch") as (_, fake):
        found = ElasticsearchRetriever(DOCUMENTS, url=fake.url, product="opensearch")
        assert found.search(["ada", "chemist"], 2).ids == [["a"], ["b"]]
    kinds = {asked.headers["accept"] for asked in fake.asked}
    kinds |= {asked.headers.get("content-type", "application/json") for asked in fake.asked}
    assert kinds <= {"application/json", "application/x-ndjson"}


def test_as_elasticsearch_it_is_refused_with_the_cure():
    with (
        fake_engine("opensearch") as (engine, fake),
        pytest.raises(RetrievalError, match=r'not Elasticsearch\. Try product="opensearch"'),
    ):
        engine.trouble = lambda asked: (200, {}) if asked.method == "HEAD" else None
        ElasticsearchRetriever(DOCUMENTS, url=fake.url)


def test_there_is_one_class_of_it():
    assert opensearch_node() is opensearch_node()
