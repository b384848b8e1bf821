"""A stand-in for Exa's search API on 127.0.0.1: one that answers, and one that breaks off."""

import socketserver
import time
from contextlib import contextmanager
from threading import Thread

from servers import fake_server

from hopgym.retrieval.bm25 import BM25Retriever

KEY = "4f1d0c9a-this-is-never-seen-7be2"
TYPES = {"auto", "fast", "neural", "deep"}


def page(name, text="text", **more):
    """A result as Exa gives it."""
    url = f"https://example.org/{name}"
    return {"id": url, "url": url, "title": f"T {name}", "text": text, **more}


def echo(asked):
    """Find one page for each query, of its name."""
    return 200, {"requestId": "r", "results": [page(asked.json["query"])]}


def web_of(documents):
    """Return an answer that searches documents as if they were the web."""
    base = BM25Retriever(documents)

    def answer(asked):
        ((row),) = base.search([asked.json["query"]], asked.json["numResults"]).rows
        length = asked.json["contents"]["text"]["maxCharacters"]
        pages = [page(d.id, d.text[:length], title=d.title, score=score) for d, score in row]
        return 200, {"results": pages}

    return answer


def _refusal(asked):
    """What Exa would refuse; it repeats the key, as the worst of servers would."""
    key = asked.headers.get("x-api-key")
    if asked.method != "POST" or asked.path != "/search":
        return 404, {"error": "no such endpoint"}
    if key != KEY:
        return 401, {"error": f"Invalid API key {key}", "tag": "INVALID_API_KEY"}
    body = asked.json
    if not body["query"].strip() or not 1 <= body["numResults"] <= 100:
        return 400, {"error": "INVALID_REQUEST_BODY"}
    return None if body["type"] in TYPES else (400, {"error": "type is unknown"})


@contextmanager
def exa_server(answer=echo):
    """Run a fake that gives `answer(asked)` to what Exa would accept."""
    with fake_server(lambda asked: _refusal(asked) or answer(asked)) as fake:
        yield fake


@contextmanager
def breaking_server(*pieces, pause=0.0):
    """Run one that sends pieces of bytes, with a pause after each, and hangs up. Yields its URL."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            size = 0
            while (line := self.rfile.readline()).strip():
                name, _, value = line.partition(b":")
                size = int(value) if name.lower() == b"content-length" else size
            self.rfile.read(size)
            try:
                for piece in pieces:
                    self.wfile.write(piece)
                    time.sleep(pause)
            except ConnectionError:
                pass  # the client had enough

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
