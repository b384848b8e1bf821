import asyncio

import pytest

from hopgym.retrieval.server.body import read_body
from hopgym.retrieval.server.protocol import RequestError


class Request:
    """As much of a request as is read here; waits before each piece."""

    def __init__(self, *pieces, pause=0.0):
        self.pieces, self.pause, self.sent = pieces, pause, 0

    async def stream(self):
        for piece in self.pieces:
            await asyncio.sleep(self.pause)
            self.sent += 1
            yield piece


def test_a_body_is_read_piece_by_piece():
    assert asyncio.run(read_body(Request(b"ab", b"c"), 3, 5.0)) == b"abc"


def test_a_body_too_large_is_drained_to_a_bound_and_refused():
    request = Request(*[b"x" * 10] * 100)
    with pytest.raises(RequestError, match="more than 10 bytes") as refused:
        asyncio.run(read_body(request, 10, 5.0))
    assert refused.value.status == 413 and request.sent == 17


def test_a_slow_body_is_refused():
    with pytest.raises(RequestError, match=r"did not arrive within 0\.01 s") as refused:
        asyncio.run(read_body(Request(b"a", pause=1.0), 10, 0.01))
    assert refused.value.status == 408
