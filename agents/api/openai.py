"""`openai`: a model behind any URL that speaks OpenAI's chat completions, as an agent.

make_agent("openai?model=gpt-4o-mini")
make_agent("openai?model=qwen3-8b&base_url=http://127.0.0.1:8000/v1&api_key_env=null")

Asked through the official client, as the judge of this name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ...rewards.judges.client import Client
from ...rewards.judges.openai import ChatClient, OpenAISettings
from .agent import APIAgent
from .session import ChatSession


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OpenAIAgent(OpenAISettings[ChatSession], APIAgent):
    """A model behind an OpenAI-compatible URL; see `APIAgent` for what it takes."""

    provider: ClassVar[str] = "openai"

    def connect(self) -> Client:
        """Return a client, made on the loop that will use it."""
        return self.client(_Client, "text", self.max_new_tokens)


class _Client(ChatClient):
    """The judges' client, held to no form and told where to stop."""

    def _form(self, request: Any) -> dict[str, Any]:
        return {"stop": list(request.stop)} if request.stop else {}
