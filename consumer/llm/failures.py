"""Every way a call to an LLM can fail, under a name of ours::

    CallError            a call that gave no reply, with the outcome it is counted under
    ├── RetryableError   the same call may succeed later: too many requests, 5xx, time out, no connection
    └── RefusedError     it will not until a person acts: the key, the model, the account, the request

A question that the provider will not answer, whatever its other questions get, is no failure of the call: it is an
`UnreadableError`, and is found by asking in halves. What a provider says of a failure is never passed on: it may quote
the key, or the prompt.
"""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from consumer.llm.answer import UnreadableError

Outcome = Literal[
    "answered", "unreadable", "rate_limited", "server_error", "timeout", "connection", "refused", "abandoned"
]
_MAX_AFTER_S = 86_400.0
_SLUG = re.compile(r"[a-zA-Z][a-zA-Z_.-]{1,63}")


class CallError(Exception):
    """A call that gave no reply."""

    outcome: Outcome


class RetryableError(CallError):
    """The same call may succeed later; not before ``after_s`` seconds, where the provider said so."""

    def __init__(self, outcome: Outcome, after_s: float | None = None) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.after_s = after_s


class RefusedError(CallError):
    """The call fails whenever it is made. The message is a sentence that says what to do."""

    outcome: Outcome = "refused"


# Every exception of the SDKs and of the HTTP libraries below them, by the name of its class: the two SDKs
# share names and no class. A test holds the table complete.
OUTCOMES: dict[str, Outcome] = {
    "APITimeoutError": "timeout",
    "TimeoutException": "timeout",
    "APIConnectionError": "connection",
    "HTTPError": "connection",
    "StreamError": "connection",
    "OSError": "connection",
    "APIResponseValidationError": "server_error",
    "APIError": "server_error",
    "RateLimitError": "rate_limited",
    "InternalServerError": "server_error",
    "ConflictError": "server_error",
    "BadRequestError": "refused",
    "AuthenticationError": "refused",
    "OAuthError": "refused",
    "PermissionDeniedError": "refused",
    "NotFoundError": "refused",
    "UnprocessableEntityError": "refused",
    "APIStatusError": "refused",
    "SubjectTokenProviderError": "refused",
    "InvalidURL": "refused",
    "GroqError": "refused",
    "OpenAIError": "refused",
    # Of parts of the SDKs that are not used here.
    "LengthFinishReasonError": "unreadable",
    "ContentFilterFinishReasonError": "unreadable",
    "WebSocketConnectionClosedError": "connection",
    "WebSocketQueueFullError": "connection",
    "InvalidWebhookSignatureError": "refused",
}
# Statuses for which the SDKs have no class of their own, or that mean another thing than their class.
_BY_STATUS: dict[int, Outcome] = {408: "timeout", 413: "unreadable", 425: "server_error", 498: "rate_limited"}
_UNREADABLE_CODES = frozenset(("json_validate_failed", "context_length_exceeded"))
_QUOTA_CODE = re.compile(
    r"(?i)insufficient.*(quota|balance|credit|fund)|billing|quota_exhausted|account_deactivated"
)
# What providers call a prompt that they will not answer: codes, and where there is none the words of the message.
_FLAGGED_CODE = re.compile(
    r"(?i)content.?(filter|policy|management)|invalid_prompt|moderation|flagged|safety|responsible.?ai|data_inspection"
    r"|sensitive|blocked_(prompt|content)|policy_violation"
)
_FLAGGED_MESSAGE = re.compile(
    r"(?i)content (exists risk|filter|management policy|policy)|usage polic(y|ies)|safety (system|policy|filter)"
    r"|(prompt|input|content|request)\b.{0,60}\b(flagged|blocked|inappropriate|unsafe)"
)
_ABOUT_THE_ACCOUNT = re.compile(r"(?i)\b(account|organi[sz]ation|api key|region|country|billing)\b")
_ADVICE = {
    400: "does not take the request: check LLM__MODEL, LLM__STRUCTURED_OUTPUT and LLM__REQUEST",
    401: "does not accept the key: check LLM__API_KEY",
    402: "asks for payment: check the account",
    403: "denies access: check what the key in LLM__API_KEY is allowed",
    404: "knows no such model or address: check LLM__MODEL and LLM__BASE_URL",
    422: "does not take the request: check LLM__MODEL, LLM__STRUCTURED_OUTPUT and LLM__REQUEST",
}


def translate(error: Exception) -> CallError | UnreadableError | Exception:
    """Return what an exception of an SDK, or of the library below it, means to us; any other as it is."""
    name = next((kind.__name__ for kind in type(error).__mro__ if kind.__name__ in OUTCOMES), None)
    if name is None:
        return error
    status = getattr(error, "status_code", 0)
    body = getattr(error, "body", None)
    code = next((code for code in _codes(body) if _SLUG.fullmatch(code)), None)
    what = f"status {status}" if status else type(error).__name__
    what = f"{what}, {code}" if code else what
    if any(map(_QUOTA_CODE.search, _codes(body))):
        return RefusedError(
            f"the quota of the LLM account is used up: add credit, or raise its limit ({what})"
        )
    outcome = "unreadable" if code in _UNREADABLE_CODES else _BY_STATUS.get(status, OUTCOMES[name])
    if outcome == "unreadable" or (OUTCOMES[name] == "refused" and status != 401 and is_flagged(body)):
        return UnreadableError("the provider does not answer this question")
    if outcome != "refused":
        response = getattr(error, "response", None)
        return RetryableError(outcome, retry_after_s(response.headers) if response is not None else None)
    advice = _ADVICE.get(status, "refuses the request: check the settings LLM__*")
    return RefusedError(f"the LLM provider {advice} ({what})")


def is_flagged(body: Any) -> bool:
    """Return whether the body of an error says that the provider will not answer this prompt, for what is in it."""
    if any(map(_FLAGGED_CODE.search, _codes(body))):
        return True
    return any(
        _FLAGGED_MESSAGE.search(message) and not _ABOUT_THE_ACCOUNT.search(message)
        for message in (part.get("message") for part in _parts(body))
        if isinstance(message, str)
    )


def _parts(body: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of an error's body that describe it: itself, its ``error``, and the cause of that."""
    for _ in range(3):
        if isinstance(body, list) and body:
            body = body[0]
        if not isinstance(body, dict):
            return
        yield body
        body = next((body[name] for name in ("error", "innererror", "metadata") if body.get(name)), None)


def _codes(body: Any) -> list[str]:
    """Return the names that a provider gives an error, such as ``model_not_found``."""
    return [
        part[name]
        for part in _parts(body)
        for name in ("code", "type", "status")
        if isinstance(part.get(name), str)
    ]


def retry_after_s(headers: Any) -> float | None:
    """Return the seconds a response asks us to wait, a day at most; None if it says nothing, or nonsense."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) * scale
        except ValueError:
            seconds = _seconds_until(value)
        if not math.isnan(seconds) and seconds >= 0:
            return min(seconds, _MAX_AFTER_S)
    return None


def _seconds_until(date: str) -> float:
    try:
        return (parsedate_to_datetime(date).astimezone(UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return math.nan
