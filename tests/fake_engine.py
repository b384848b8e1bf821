"""An Elasticsearch or OpenSearch as far as our adapter goes: indexes in memory, BM25 by the book."""

import json
import math
import re
from collections import Counter
from contextlib import contextmanager

from servers import fake_server

PRODUCT = {"X-Elastic-Product": "Elasticsearch"}


class Engine:
    """The answers of an engine; `trouble(asked)` may answer in its place.

    Args:
        product: As OpenSearch it knows no media types of Elasticsearch and is not called by its
            name; the real one refuses them too.
    """

    def __init__(self, product="elasticsearch"):
        self.product, self.indices, self.trouble = product, {}, lambda asked: None

    def __call__(self, asked):
        reply = self.trouble(asked)
        if reply is None:
            reply = self.answer(asked)
        if reply is None or self.product == "opensearch":
            return reply
        status, value, *more = reply
        return status, value, {**PRODUCT, **(more[0] if more else {})}

    def answer(self, asked):
        kinds = asked.headers.get("accept", "") + asked.headers.get("content-type", "")
        if self.product == "opensearch" and "vnd.elasticsearch" in kinds:
            return 406, {"error": "Content-Type header is not supported", "status": 406}
        *index, verb = [part for part in asked.path.partition("?")[0].split("/") if part]
        if verb == "_msearch":
            return self.msearch(lines(asked.body))
        name = index[0] if index else verb
        if asked.method == "PUT" and not index:
            return self.create(name, asked.json)
        if name not in self.indices:
            return 404, {"error": {"type": "index_not_found_exception"}, "status": 404}
        return 200, {
            "_bulk": lambda: self.bulk(name, lines(asked.body)),
            "_refresh": dict,
            "_count": lambda: {"count": len(self.indices[name]["documents"])},
            "_mapping": lambda: {name: {"mappings": self.indices[name]["mappings"]}},
        }.get(verb, dict)()

    def create(self, name, body):
        if name in self.indices:
            error = {"type": "resource_already_exists_exception", "reason": name}
            return 400, {"error": error, "status": 400}
        self.indices[name] = {**body, "documents": {}}
        return 200, {"acknowledged": True}

    def bulk(self, name, operations):
        for action, record in zip(operations[::2], operations[1::2], strict=True):
            self.indices[name]["documents"][action["index"]["_id"]] = record
        return {"errors": False, "items": []}

    def msearch(self, searches):
        pairs = zip(searches[::2], searches[1::2], strict=True)
        return 200, {"responses": [self.search(head["index"], body) for head, body in pairs]}

    def search(self, name, body):
        index = self.indices[name]
        ((field, match),) = body["query"]["match"].items()
        hidden = index["mappings"].get("_source", {}).get("excludes", [])
        hits = [
            {
                "_id": key,
                "_score": score,
                "_source": {part: record[part] for part in record if part not in hidden},
            }
            for key, record, score in ranking(index, field, match["query"])
        ]
        if "sort" in body:
            hits.sort(key=lambda hit: (-hit["_score"], hit["_source"]["id"]))
        return {
            "timed_out": False,
            "_shards": {"total": 1, "failed": 0},
            "hits": {"hits": hits[: body["size"]]},
        }


@contextmanager
def fake_engine(product="elasticsearch"):
    """Run an engine; the value is the engine and where it is."""
    engine = Engine(product)
    with fake_server(engine) as fake:
        yield engine, fake


def ranking(index, field, query):
    """Yield key, record and score of whatever matches, in the order of arrival."""
    similarity = index.get("settings", {}).get("index", {}).get("similarity", {})
    k1, b = (
        similarity.get("default", {}).get(name, usual) for name, usual in (("k1", 1.2), ("b", 0.75))
    )
    bags = {key: Counter(words(record[field])) for key, record in index["documents"].items()}
    mean = sum(bag.total() for bag in bags.values()) / max(len(bags), 1)
    for key, bag in bags.items():
        norm = k1 * (1 - b + b * bag.total() / mean)
        score = 0.0
        for word in words(query):
            holders = sum(word in other for other in bags.values())
            idf = math.log(1 + (len(bags) - holders + 0.5) / (holders + 0.5))
            score += idf * bag[word] / (bag[word] + norm)
        if score:
            yield key, index["documents"][key], score


def words(text):
    return re.findall(r"\w+", text.lower())


def lines(body):
    return [json.loads(line) for line in body.splitlines()]
