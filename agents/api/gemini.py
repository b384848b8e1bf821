"""`gemini`: a Gemini model as an agent.

make_agent("gemini")
make_agent("gemini?model=gemini-2.5-pro&thinking_budget=null&max_new_tokens=4096")

Asked through the official client, as the judge of this name.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from ...retrieval.base import check_whole
from ...rewards.judges.client import Answer, Client, body, http_client
from ...rewards.judges.failures import Why
from ...rewards.judges.gemini import URL, GeminiClient, read_answer
from ...rewards.judges.keys import other_variables
from ...rewards.judges.text import without
from .agent import APIAgent


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GeminiAgent(APIAgent):
    """A Gemini model; see `APIAgent` for what it takes."""

    model: str = "gemini-2.5-flash"
    api_key_env: str | None = "GEMINI_API_KEY"
    """The environment variable that holds the key. If it is this one and not set, `GOOGLE_API_KEY`
    is read."""
    thinking_budget: int | None = 0
    """Tokens of thought before an action, which count as its tokens; -1 lets the model decide, None
    says nothing of it, for models that know no such number."""

    provider: ClassVar[str] = "gemini"
    packages: ClassVar[tuple[str, ...]] = ("google.genai", "httpx2")

    def __post_init__(self) -> None:
        if self.thinking_budget is not None:
            check_whole("thinking_budget", self.thinking_budget, -1)
        super().__post_init__()

    def how(self) -> list[Any]:
        """Return the settings that can change an action."""
        return [*super().how(), self.thinking_budget]

    def other_key_variables(self) -> tuple[str, ...]:
        """Return the other name that Google gives the variable."""
        return other_variables(self.api_key_env)

    def usual_url(self) -> str:
        """Return the provider's URL, or what the client's own variable names."""
        return os.environ.get("GOOGLE_GEMINI_BASE_URL", "").strip() or URL

    def connect(self) -> Client:
        """Return a client, made on the loop that will use it."""
        options: dict[str, Any] = {"max_output_tokens": self.max_new_tokens}
        if self.temperature is not None:
            options["temperature"] = self.temperature
        if self.thinking_budget is not None:
            options["thinking_config"] = {"thinking_budget": self.thinking_budget}
        http = http_client(self.url, self.timeout, self.concurrency)
        return _Client(self.url, self.key(), http, self.model, options)


class _Client(GeminiClient):
    """The judges' client, held to no form and told where to stop."""

    async def ask(self, request: Any) -> Answer:
        config = self._types.GenerateContentConfig(
            system_instruction=request.task.system,
            stop_sequences=list(request.stop) or None,
            should_return_http_response=True,  # read here, strictly, and not by the client
            automatic_function_calling={"disable": True},
            **self._options,
        )
        try:
            response = await self._client.aio.models.generate_content(
                model=self._model, contents=request.data, config=config
            )
        except (self._errors.APIError, self._httpx.HTTPError, ValueError) as error:
            failure = self._failure(error)
        else:
            return _answer(without(response.sdk_http_response.body or "", self._key))
        raise failure  # here, so that the client's error, which holds the request, is not its context


class _Candidates(msgspec.Struct):
    candidates: list[Any] = []


def _answer(text: str) -> Answer:
    """Read an answer; where a filter refused the prompt there is no candidate, and so no reply."""
    answer = read_answer(text)
    if answer.spoilt and not body(text, _Candidates).candidates:
        return answer._replace(spoilt=(Why.MALFORMED, f"no candidates ({answer.spoilt[1]})"))
    return answer
