"""`openai`: a model behind any URL that speaks OpenAI's chat completions, as an agent.

make_agent("openai?model=gpt-4o-mini")
make_agent("openai?model=qwen3-8b&base_url=http://127.0.0.1:8000/v1&api_key_env=null")

Asked through the official client, as the judge of this name.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar

from ...rewards.judges.client import Client, http_client
from ...rewards.judges.openai import URL, ChatClient
from .agent import APIAgent


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OpenAIAgent(APIAgent):
    """A model behind an OpenAI-compatible URL; see `APIAgent` for what it takes."""

    model: str = "gpt-4o-mini"
    api_key_env: str | None = "OPENAI_API_KEY"

    provider: ClassVar[str] = "openai"
    packages: ClassVar[tuple[str, ...]] = ("openai", "httpx2")

    def usual_url(self) -> str:
        """Return the provider's URL, or what the client's own variable names."""
        return os.environ.get("OPENAI_BASE_URL", "").strip() or URL

    def connect(self) -> Client:
        """Return a client, made on the loop that will use it."""
        options: dict[str, Any] = {
            "model": self.model,
            "max_completion_tokens": self.max_new_tokens,
        }
        if self.temperature is not None:
            options["temperature"] = self.temperature
        http = http_client(self.url, self.timeout, self.concurrency)
        return _Client(self.url, self.key(), http, "text", options)


class _Client(ChatClient):
    """The judges' client, held to no form and told where to stop."""

    def _form(self, request: Any) -> dict[str, Any]:
        return {"stop": list(request.stop)} if request.stop else {}
