"""Why a claim could not be judged: typed, so that reports can count it.

A failure becomes an `unscored` verdict, whose reason starts with its code. A mistake in the
set-up (a wrong key, an unknown model) is none of these: it ends the run, as a `SetupError`. Used
by sessions and clients; it knows no client's own exceptions.
"""

from __future__ import annotations

from enum import StrEnum

from ...errors import RewardError
from .text import cleaned, without

MAX_DETAIL = 300
"""Characters that are kept of what a server says."""

MAX_CODE = 60
"""Characters that are kept of its code."""


class Why(StrEnum):
    """The code that the reason of an unscored verdict starts with."""

    BUDGET = "budget"
    """The calls or tokens that the judge may spend are spent."""
    CONNECTION = "connection"
    """No server could be reached, or it broke off."""
    CUT_OFF = "cut_off"
    """The reply reached its longest length before its end."""
    MALFORMED = "malformed"
    """The reply is not the one JSON object that was asked for."""
    NO_GOLDS = "no_golds"
    """There is no accepted answer to compare with."""
    QUOTA = "quota"
    """The account has nothing left, so that trying again is of no use."""
    RATE_LIMIT = "rate_limit"
    REFUSED = "refused"
    """The model, or a filter before it, would not judge this claim."""
    SERVER = "server_error"
    TIMEOUT = "timeout"


NO_GOLDS = f"{Why.NO_GOLDS}: the claim has no accepted answer to compare with"
"""The reason of a claim that nobody can judge."""


class UnjudgedError(RewardError):
    """A claim that could not be judged. It never leaves a judge: it becomes a verdict.

    >>> str(UnjudgedError(Why.TIMEOUT, "no reply within 60 s"))
    'timeout: no reply within 60 s'
    """

    def __init__(self, why: Why, detail: str) -> None:
        self.why, self.detail = why, cleaned(detail, MAX_DETAIL)
        super().__init__(f"{why}: {self.detail}" if self.detail else str(why))


class TemporaryError(UnjudgedError):
    """A failure that may be gone in a moment; `after` is what the server asked to wait."""

    def __init__(self, why: Why, detail: str, after: float | None = None) -> None:
        super().__init__(why, detail)
        self.after = after


class BadReplyError(UnjudgedError):
    """A reply that cannot be used; another may be better."""


class SetupError(RewardError):
    """A server that refuses what every claim needs: the key, the model, an option.

    Args:
        message: What it said and what to do.
        maybe_claim: Whether one claim's content may be the cause.
    """

    def __init__(self, message: str, *, maybe_claim: bool = False) -> None:
        super().__init__(message)
        self.maybe_claim = maybe_claim


_TEMPORARY = {408, 409, 425, 429}
_ABOUT_CONTENT = {400, 413, 422}
_MAYBE_CONTENT = {*_ABOUT_CONTENT, 403, 404, 405, 406, 431, 451}
"""Once others were judged, what a firewall says of one text, and no mistake in the set-up."""
_NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached"}
_ABOUT_CLAIM = {
    "content_filter",
    "content_policy_violation",
    "context_length_exceeded",
    "invalid_prompt",
    "string_above_max_length",
}
_CURES = {
    401: "Put the right key into the environment variable that api_key_env names.",
    403: "Check what the key is allowed to use (api_key_env, model).",
    404: "Check the model and the base_url.",
}
_CURE = "Check the base_url, the model and the judge's options."


def refused(
    status: int,
    code: str,
    said: str,
    *,
    url: str,
    secret: str = "",
    after: float | None = None,
    wrong_key: bool = False,
) -> RewardError:
    """Return the failure that a server's refusal stands for.

    Args:
        status: The HTTP status.
        code: The server's own code, "" if there is none.
        said: Its message.
        url: Whom was asked, for messages.
        secret: The key, which is taken out of what the server said.
        after: How many seconds it asks to wait.
        wrong_key: Whether it says that the key is wrong, whatever its status.

    >>> refused(429, "", "Slow down.", url="http://a", after=2.0)
    TemporaryError('rate_limit: 429: Slow down.')
    >>> refused(400, "content_filter", "No.", url="http://a")
    UnjudgedError('refused: 400 content_filter: No.')
    """
    code = cleaned(without(code, secret), MAX_CODE)
    said = cleaned(without(said, secret), MAX_DETAIL)
    answered = f"{status} {code}" if code not in ("", str(status)) else str(status)
    detail = f"{answered}: {said}" if said else answered
    if code in _NO_MONEY:
        return UnjudgedError(Why.QUOTA, detail)
    if status in _TEMPORARY or status >= 500:
        return TemporaryError(Why.RATE_LIMIT if status == 429 else Why.SERVER, detail, after)
    if code in _ABOUT_CLAIM and status in _ABOUT_CONTENT:
        return UnjudgedError(Why.REFUSED, detail)
    cure = _CURES.get(401 if wrong_key else status, _CURE)
    maybe_claim = status in _MAYBE_CONTENT and not wrong_key
    told = f"The judge at {url} answered {detail.rstrip('.')}. {cure}"
    return SetupError(told, maybe_claim=maybe_claim)
