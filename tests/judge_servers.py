"""Models that judge, faked on 127.0.0.1: OpenAI's chat completions and Gemini's generateContent.

A script answers each request: with a text of the model, or with any of the ways to fail.
"""

import asyncio
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import NamedTuple


class Asked(NamedTuple):
    """A request that came."""

    path: str
    headers: dict
    json: dict
    nth: int
    """How often this user message has come, from 1."""

    @property
    def gemini(self):
        return "generateContent" in self.path

    @property
    def system(self):
        if self.gemini:
            return self.json["systemInstruction"]["parts"][0]["text"]
        return self.json["messages"][0]["content"]

    @property
    def user(self):
        if self.gemini:
            return self.json["contents"][0]["parts"][0]["text"]
        return self.json["messages"][1]["content"]

    @property
    def claim(self):
        return json.loads(self.user)

    @property
    def keys(self):
        """What the reply must hold."""
        return list(json.loads(self.system.rpartition("\n")[2])["properties"])


@dataclass
class Raw:
    """An answer as bytes, and what goes wrong with it."""

    status: int = 200
    body: bytes | dict = b""
    headers: dict = field(default_factory=dict)
    missing: int = 0
    """Bytes that Content-Length promises and that never come."""
    stall: float = 0.0
    """Seconds before the answer."""


HANG_UP = None
"""What a script answers with to hang up."""


def says(asked, text, *, finish=None, tokens=(100, 20), **raw):
    """Answer as a model that writes `text`, in the dialect that was asked."""
    if asked.gemini:
        body = {
            "candidates": [
                {"content": {"parts": [{"text": text}]}, "finishReason": finish or "STOP"}
            ],
            "usageMetadata": {
                "promptTokenCount": tokens[0],
                "candidatesTokenCount": tokens[1],
            },
        }
    else:
        message = {"role": "assistant", "content": text}
        body = {
            "id": "x",
            "object": "chat.completion",
            "choices": [{"index": 0, "message": message, "finish_reason": finish or "stop"}],
            "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]},
        }
    return Raw(body=body, **raw)


def judges(asked):
    """Answer as a model that judges rightly: an answer is right if it is accepted."""
    return says(asked, json.dumps(judged(asked)))


def judged(asked):
    """Return the right reply to what is asked."""
    claim, keys = asked.claim, asked.keys
    if "coherence" in keys:
        found = float(bool(claim["documents"]))
        return {"reason": "read", "coherence": 0.5, "rationality": 0.25, "relevance": found}
    if "missed" in keys:
        given, gold = (
            set(text.split(", ")) for text in (claim["answer"], claim["accepted_answers"][0])
        )
        counts = {"correct": given & gold, "wrong": given - gold, "missed": gold - given}
        return {"reason": "counted", **{name: len(found) for name, found in counts.items()}}
    right = claim["answer"] in claim["accepted_answers"]
    if "correct" in keys:
        return {"reason": "compared", "correct": right}
    return {"reason": "compared", "score": 1 if right else 0.25}


class FakeModel:
    """A running fake: where it is, what it was asked, and what was in order of it."""

    def __init__(self, script):
        self.script = script
        self.asked = []
        self.good = {}
        """How often each user message got a whole answer of 200."""
        self.most = 0
        """The most requests that were under way at once."""
        self.connections = 0
        self._now = 0
        self._seen = {}
        self.url = ""

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client hung up, or the test is over
        finally:
            writer.close()

    async def _one(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            return await self._answered(head, reader, writer)
        finally:
            self._now -= 1

    async def _answered(self, head, reader, writer):
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        headers = {name.lower(): value for name, value in headers.items()}
        body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))))
        asked = Asked(first.split()[1], headers, body, 0)
        self._seen[asked.user] = self._seen.get(asked.user, 0) + 1
        asked = asked._replace(nth=self._seen[asked.user])
        self.asked.append(asked)
        raw = self.script(asked)
        if raw is HANG_UP:
            return False
        await asyncio.sleep(raw.stall)
        content = raw.body if isinstance(raw.body, bytes) else json.dumps(raw.body).encode()
        extra = "".join(f"{name}: {value}\r\n" for name, value in raw.headers.items())
        writer.write(
            f"HTTP/1.1 {raw.status} OK\r\nContent-Type: application/json\r\n{extra}"
            f"Content-Length: {len(content) + raw.missing}\r\n\r\n".encode()
            + content
        )
        await writer.drain()
        if raw.status == 200 and not raw.missing:
            self.good[asked.user] = self.good.get(asked.user, 0) + 1
        return not raw.missing


@contextmanager
def fake_model(script=judges):
    """Serve a script, on a thread of its own."""
    fake = FakeModel(script)
    loop = asyncio.new_event_loop()

    async def start():
        return await asyncio.start_server(fake.serve, "127.0.0.1", 0, limit=1 << 20)

    async def stop():
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    fake.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
