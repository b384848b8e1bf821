"""Judges behind any URL that speaks OpenAI's chat completions.

    make_judge("openai")
    make_judge("openai?model=qwen3-8b&base_url=http://127.0.0.1:8000/v1&api_key_env=null")

Asked through the official client; its own retries are off, so that every request is counted.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import msgspec

from ...errors import ConfigError, require
from .asking import Asking, S
from .client import Answer, Client, asked_wait, body, count, http_client
from .failures import TemporaryError, Why, refused
from .llm import LLMJudge
from .prompts import Request
from .session import Session
from .text import without

URL = "https://api.openai.com/v1"
_FORMS = ("schema", "object", "text")
_STATUS = re.compile(r"^Error code: \d+(?: - )?")
"""What the client puts before a server's words; the status is told anyway."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OpenAISettings(Asking[S]):
    """What a judge and an agent behind an OpenAI-compatible URL have alike."""

    model: str = "gpt-4o-mini"
    api_key_env: str | None = "OPENAI_API_KEY"

    packages: ClassVar[tuple[str, ...]] = ("openai", "httpx2")

    def usual_url(self) -> str:
        """Return the provider's URL, or what the client's own variable names."""
        return os.environ.get("OPENAI_BASE_URL", "").strip() or URL

    def client(self, kind: type[ChatClient], form: str, most_tokens: int) -> ChatClient:
        """Return a client for replies of a form and of so many tokens at most."""
        options: dict[str, Any] = {"model": self.model, "max_completion_tokens": most_tokens}
        if self.temperature is not None:
            options["temperature"] = self.temperature
        http = http_client(self.url, self.timeout, self.concurrency)
        return kind(self.url, self.key(), http, form, options)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OpenAIJudge(OpenAISettings[Session], LLMJudge):
    """A model behind an OpenAI-compatible URL; see `LLMJudge` for what all judges take."""

    structured: Literal["schema", "object", "text"] = "schema"
    """How replies are held to their form: by a strict JSON schema, as any JSON object, or, where a
    server knows neither, by the instruction alone. All are checked alike."""

    name: ClassVar[str] = "openai"

    def __post_init__(self) -> None:
        if self.structured not in _FORMS:
            raise ConfigError(
                f"structured is {self.structured!r}; allowed are {', '.join(_FORMS)}."
            )
        super().__post_init__()

    @property
    def fenced(self) -> bool:
        """Models that nothing holds to JSON put it into a fence."""
        return self.structured == "text"

    def how(self) -> list[Any]:
        """Return the settings that can change a verdict."""
        return [*super().how(), self.structured]

    def connect(self) -> Client:
        """Return a client, made on the loop that will use it."""
        return self.client(ChatClient, self.structured, self.reply_tokens)


class ChatClient:
    """Chat completions, through the official client."""

    def __init__(
        self, url: str, key: str, http: Any, structured: str, options: dict[str, Any]
    ) -> None:
        self._library: Any = require("openai", "judges")
        self._url, self._key = url, key
        self._structured, self._options = structured, options
        self._client = self._library.AsyncOpenAI(
            api_key=key or "none", base_url=url, max_retries=0, http_client=http
        )

    async def ask(self, request: Request[Any]) -> Answer:
        """Send a request, and read the answer; what fails is raised as its kind of failure."""
        create = self._client.chat.completions.with_raw_response.create
        try:
            response = await create(
                messages=[
                    {"role": "system", "content": request.task.system},
                    {"role": "user", "content": request.data},
                ],
                **self._form(request),
                **self._options,
            )
        except self._library.OpenAIError as error:
            failure = self._failure(error)
        else:
            return read_answer(without(response.text, self._key))
        raise failure  # here, so that the client's error, which holds the request, is not its context

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()

    def _form(self, request: Request[Any]) -> dict[str, Any]:
        if self._structured == "text":
            return {}
        if self._structured == "object":
            return {"response_format": {"type": "json_object"}}
        schema = {"name": request.task.name, "strict": True, "schema": request.task.schema}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}

    def _failure(self, error: Any) -> Exception:
        library = self._library
        if isinstance(error, library.APIStatusError):
            return refused(
                error.status_code,
                str(error.code if isinstance(error.code, str) else error.type or ""),
                _STATUS.sub("", error.message) or error.response.text,
                url=self._url,
                secret=self._key,
                after=asked_wait(error.response.headers),
            )
        if isinstance(error, library.APITimeoutError):
            return TemporaryError(Why.TIMEOUT, "the connection stalled")
        cause = type(error.__cause__ or error).__name__
        return TemporaryError(Why.CONNECTION, f"{self._url} ({cause})")


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    usage: dict[str, Any] | None = None


_SPOILT = {
    "length": (Why.CUT_OFF, "the reply reached reply_tokens"),
    "content_filter": (Why.REFUSED, "a content filter"),
}


def read_answer(text: str) -> Answer:
    """Read a body strictly; what is odd about it is told in the answer."""
    completion = body(text, _Completion)
    used = completion.usage
    tokens = count(used, "prompt_tokens"), count(used, "completion_tokens")
    if len(completion.choices) != 1:
        spoilt = (Why.MALFORMED, f"{len(completion.choices)} choices instead of one")
        return Answer("", *tokens, spoilt=spoilt)
    (choice,) = completion.choices
    reply = choice.message.content or ""
    if choice.message.refusal:
        return Answer(reply, *tokens, spoilt=(Why.REFUSED, choice.message.refusal))
    return Answer(reply, *tokens, spoilt=_SPOILT.get(choice.finish_reason or ""))
