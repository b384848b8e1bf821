"""A server on 127.0.0.1 that answers as a test wants."""

import json
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple


class Asked(NamedTuple):
    """A request that came."""

    method: str
    path: str
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Fake:
    """A running fake: where it is, and what it was asked."""

    def __init__(self, url):
        self.url = url
        self.asked = []


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # a burst of connections must not wait for a second try

    def handle_error(self, request, client_address):
        """Say nothing of a client that hung up; it may have, in a test that reads the output."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def fake_server(answer):
    """Answer every request with `answer(asked)`: `(status, value or bytes[, headers])`.

    A value is sent as JSON; None hangs up without an answer.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self):
            size = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(size))
            fake.asked.append(asked)
            reply = answer(asked)
            if reply is None:
                self.close_connection = True
                return
            status, value, *more = reply
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            headers = {"Content-Type": "application/json", **(more[0] if more else {})}
            for name, text in {**headers, "Content-Length": len(body)}.items():
                self.send_header(name, str(text))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = handle_any

        def log_message(self, *_):
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake = Fake(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def free_port():
    """Return a port of 127.0.0.1 where nobody listens."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
