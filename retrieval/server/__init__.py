"""A retriever over HTTP: the `/retrieve` protocol of Search-R1, so that its trainers need no change.

`make_app(retriever)` is an ASGI application, `serve(retriever)` runs it, and
[`HttpRetriever`][hopgym.retrieval.http.HttpRetriever] is the client. It knows one retriever and
nothing of questions. The command is `hopgym serve retriever`.
"""

from __future__ import annotations

from .app import make_app
from .limits import Limits
from .run import running, serve

__all__ = ["Limits", "make_app", "running", "serve"]
