"""OpenSearch, spoken to by the client of Elasticsearch.

The requests are the same; OpenSearch knows no media types of Elasticsearch and does not call itself
by that name. Used by `ElasticsearchRetriever`; needs `elastic-transport`, which the client brings.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any


@lru_cache
def opensearch_node() -> type:
    """Return the client's own transport, made to speak as OpenSearch does."""
    from elastic_transport import HttpHeaders, Urllib3HttpNode
    from elastic_transport.client_utils import DEFAULT

    class OpenSearchNode(Urllib3HttpNode):
        def perform_request(
            self,
            method: str,
            target: str,
            body: bytes | None = None,
            headers: HttpHeaders | None = None,
            request_timeout: Any = DEFAULT,
        ) -> Any:
            plain = HttpHeaders({name: _plain(value) for name, value in (headers or {}).items()})
            response = super().perform_request(method, target, body, plain, request_timeout)
            named = HttpHeaders({**response.meta.headers, "x-elastic-product": "Elasticsearch"})
            return response._replace(meta=replace(response.meta, headers=named))

    return OpenSearchNode


def _plain(media_type: str) -> str:
    return media_type.partition(";")[0].replace("vnd.elasticsearch+", "")
