"""`gemini`: a Gemini model as an agent.

make_agent("gemini")
make_agent("gemini?model=gemini-2.5-pro&thinking_budget=null&max_new_tokens=4096")

Asked through the official client, as the judge of this name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from ...rewards.judges.client import Answer, Client, body
from ...rewards.judges.failures import Why
from ...rewards.judges.gemini import GeminiClient, GeminiSettings, read_answer
from .agent import APIAgent
from .session import ChatSession


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GeminiAgent(GeminiSettings[ChatSession], APIAgent):
    """A Gemini model; see `APIAgent` for what it takes."""

    provider: ClassVar[str] = "gemini"

    def connect(self) -> Client:
        """Return a client, made on the loop that will use it."""
        return self.client(_Client, self.max_new_tokens)


class _Client(GeminiClient):
    """The judges' client, held to no form and told where to stop."""

    def _form(self, request: Any) -> dict[str, Any]:
        return {"stop_sequences": list(request.stop)} if request.stop else {}

    def _read(self, text: str) -> Answer:
        """Read an answer; where a filter refused the prompt there is no candidate, and so no reply."""
        answer = read_answer(text)
        if answer.spoilt and not body(text, _Candidates).candidates:
            return answer._replace(spoilt=(Why.MALFORMED, f"no candidates ({answer.spoilt[1]})"))
        return answer


class _Candidates(msgspec.Struct):
    candidates: list[Any] = []
