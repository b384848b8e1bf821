"""Judges that are Gemini models.

    make_judge("gemini")
    make_judge("gemini?model=gemini-2.5-pro&thinking_budget=null&reply_tokens=4096")

Asked through the official client (`google-genai`); its own retries are off, so that every request
is counted.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from ...errors import require
from ...retrieval.backoff import retry_after
from ...retrieval.base import check_whole
from .asking import Asking, S
from .client import Answer, Client, asked_wait, body, count, http_client
from .failures import TemporaryError, Why, refused
from .keys import other_variables
from .llm import LLMJudge
from .prompts import Request
from .session import Session
from .text import without

URL = "https://generativelanguage.googleapis.com"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GeminiSettings(Asking[S]):
    """What a judge and an agent that are Gemini models have alike."""

    model: str = "gemini-2.5-flash"
    api_key_env: str | None = "GEMINI_API_KEY"
    """The environment variable that holds the key. If it is this one and not set, `GOOGLE_API_KEY`
    is read."""
    thinking_budget: int | None = 0
    """Tokens of thought before a reply, which count as its tokens; -1 lets the model decide, None
    says nothing of it, for models that know no such number."""

    packages: ClassVar[tuple[str, ...]] = ("google.genai", "httpx2")

    def __post_init__(self) -> None:
        if self.thinking_budget is not None:
            check_whole("thinking_budget", self.thinking_budget, -1)
        super().__post_init__()

    def how(self) -> list[Any]:
        """Return the settings that can change a reply."""
        return [*super().how(), self.thinking_budget]

    def other_key_variables(self) -> tuple[str, ...]:
        """Return the other name that Google gives the variable."""
        return other_variables(self.api_key_env)

    def usual_url(self) -> str:
        """Return the provider's URL, or what the client's own variable names."""
        return os.environ.get("GOOGLE_GEMINI_BASE_URL", "").strip() or URL

    def client(self, kind: type[GeminiClient], most_tokens: int) -> GeminiClient:
        """Return a client for replies of so many tokens at most."""
        options: dict[str, Any] = {"max_output_tokens": most_tokens}
        if self.temperature is not None:
            options["temperature"] = self.temperature
        if self.thinking_budget is not None:
            options["thinking_config"] = {"thinking_budget": self.thinking_budget}
        http = http_client(self.url, self.timeout, self.concurrency)
        return kind(self.url, self.key(), http, self.model, options)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GeminiJudge(GeminiSettings[Session], LLMJudge):
    """A Gemini model; see `LLMJudge` for what all judges take."""

    name: ClassVar[str] = "gemini"

    def connect(self) -> Client:
        """Return a client, made on the loop that will use it."""
        return self.client(GeminiClient, self.reply_tokens)


class GeminiClient:
    """`generateContent`, through the official client."""

    def __init__(self, url: str, key: str, http: Any, model: str, options: dict[str, Any]) -> None:
        self._errors: Any = require("google.genai.errors", "judges")
        self._types: Any = require("google.genai.types", "judges")
        self._httpx: Any = require("httpx2", "judges")
        self._url, self._key, self._http = url, key, http
        self._model, self._options = model, options
        self._client = require("google.genai", "judges").Client(
            vertexai=False,
            api_key=key or "none",
            http_options=self._types.HttpOptions(
                base_url=url,
                api_version="v1beta",
                retry_options=self._types.HttpRetryOptions(attempts=1),
                httpx_async_client=http,
            ),
        )

    async def ask(self, request: Request[Any]) -> Answer:
        """Send a request, and read the answer; what fails is raised as its kind of failure."""
        config = self._types.GenerateContentConfig(
            system_instruction=request.task.system,
            should_return_http_response=True,  # read here, strictly, and not by the client
            automatic_function_calling={"disable": True},
            **self._form(request),
            **self._options,
        )
        try:
            response = await self._client.aio.models.generate_content(
                model=self._model, contents=request.data, config=config
            )
        except (self._errors.APIError, self._httpx.HTTPError, ValueError) as error:
            failure = self._failure(error)
        else:
            return self._read(without(response.sdk_http_response.body or "", self._key))
        raise failure  # here, so that the client's error, which holds the request, is not its context

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aio.aclose()
        await self._http.aclose()  # the client leaves what it was given

    def _form(self, request: Request[Any]) -> dict[str, Any]:
        """Return what holds the reply to its form."""
        schema = request.task.schema
        return {"response_mime_type": "application/json", "response_json_schema": schema}

    def _read(self, text: str) -> Answer:
        return read_answer(text)

    def _failure(self, error: Exception) -> Exception:
        if isinstance(error, self._errors.APIError):
            return self._refused(error)
        if isinstance(error, self._httpx.TimeoutException):
            return TemporaryError(Why.TIMEOUT, "the connection stalled")
        why = Why.MALFORMED if isinstance(error, ValueError) else Why.CONNECTION
        return TemporaryError(why, f"{self._url} ({type(error).__name__})")

    def _refused(self, error: Any) -> Exception:
        details = _details(error.details)
        after = asked_wait(error.response.headers)
        return refused(
            int(error.response.status_code),
            str(error.status or ""),
            str(error.message or ""),
            url=self._url,
            secret=self._key,
            after=_delay(details) if after is None else after,
            wrong_key=any(detail.get("reason") == "API_KEY_INVALID" for detail in details),
        )


class _Part(msgspec.Struct):
    text: str = ""
    thought: bool = False


class _Content(msgspec.Struct):
    parts: list[_Part] = []


class _Candidate(msgspec.Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: str | None = None


class _Feedback(msgspec.Struct, rename="camel"):
    block_reason: str | None = None


class _Response(msgspec.Struct, rename="camel"):
    candidates: list[_Candidate] = []
    prompt_feedback: _Feedback | None = None
    usage_metadata: dict[str, Any] | None = None


def read_answer(text: str) -> Answer:
    """Read a body strictly; what is odd about it is told in the answer."""
    response = body(text, _Response)
    used = response.usage_metadata
    tokens = (
        count(used, "promptTokenCount"),
        count(used, "candidatesTokenCount", "thoughtsTokenCount"),
    )
    if response.prompt_feedback and response.prompt_feedback.block_reason:
        return Answer("", *tokens, spoilt=(Why.REFUSED, response.prompt_feedback.block_reason))
    if len(response.candidates) != 1:
        spoilt = (Why.MALFORMED, f"{len(response.candidates)} candidates instead of one")
        return Answer("", *tokens, spoilt=spoilt)
    (candidate,) = response.candidates
    parts = candidate.content.parts if candidate.content else []
    reply = "".join(part.text for part in parts if not part.thought)
    return Answer(reply, *tokens, spoilt=_spoilt(candidate.finish_reason))


def _spoilt(finish: str | None) -> tuple[Why, str] | None:
    if finish in (None, "STOP"):
        return None
    if finish == "MAX_TOKENS":
        return Why.CUT_OFF, "the reply reached reply_tokens"
    if finish in ("MALFORMED_RESPONSE", "MALFORMED_FUNCTION_CALL", "OTHER"):
        return Why.MALFORMED, str(finish)
    return Why.REFUSED, str(finish)  # SAFETY, RECITATION, BLOCKLIST and their like


def _details(said: Any) -> list[dict[str, Any]]:
    """Return the details of one of Google's errors: `{"error": {"details": [...]}}`."""
    error = said.get("error") if isinstance(said, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    return [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []


def _delay(details: list[dict[str, Any]]) -> float | None:
    """Return the wait that a `RetryInfo` asks for, such as "36s"; Google sends no Retry-After.

    >>> _delay([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"}])
    1.5
    """
    for detail in details:
        delay = detail.get("retryDelay")
        if isinstance(delay, str) and delay.endswith("s"):
            return retry_after(delay[:-1])
    return None
