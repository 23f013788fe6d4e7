"""The call to an LLM: one request, one reply, and every way it can fail under a name of ours::

    CallError            a call that gave no reply, with the outcome it is counted under
    ├── RetryableError   the same call may succeed later: too many requests, 5xx, time out, no connection
    └── RefusedError     it will not, until a person mends something: the key, the model, the request

What a provider says of a failure is never passed on: it may quote the key, or the prompt.
"""

import asyncio
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Literal, Protocol, Self

import msgspec

from consumer.llm.answer import UnreadableError
from consumer.llm.settings import LlmSettings

Outcome = Literal[
    "answered", "unreadable", "rate_limited", "server_error", "timeout", "connection", "refused", "abandoned"
]
MAX_REPLY_BYTES = 1 << 20
_CONNECT_S = 5.0
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
    """The call fails whenever it is made. The message is a sentence that says what to mend."""

    outcome: Outcome = "refused"


class Reply(msgspec.Struct, frozen=True):
    """What came back, and the tokens it took; None where the provider did not say."""

    text: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Provider(Protocol):
    """An LLM that can be asked. Safe for many calls at once, in one event loop."""

    async def ask(
        self, messages: Sequence[dict[str, str]], schema: dict[str, Any], timeout_s: float
    ) -> Reply:
        """Make one call, and none again, in ``timeout_s`` seconds all in all.

        Raises:
            RetryableError, RefusedError: there is no reply.
            UnreadableError: there is one, and it is of no use.
        """
        ...

    async def close(self) -> None:
        """Close what connections there are."""
        ...


class ChatProvider:
    """Any server that speaks chat completions, through the SDK of Groq or of OpenAI."""

    def __init__(self, settings: LlmSettings) -> None:
        endpoint = settings.endpoint()
        # A key that is not given must not be taken from the environment: it may be another provider's.
        key = settings.api_key.get_secret_value() if settings.api_key else "none"
        # The SDKs retry by limits of their own, and their timeout is for each read: both are ours to decide.
        options: dict[str, Any] = {"api_key": key, "base_url": endpoint.base_url, "max_retries": 0}
        # The SDKs share no type, and are imported where they are needed: it takes a second.
        self._client: Any
        if settings.provider == "groq":
            import groq

            self._client = groq.AsyncGroq(**options, timeout=groq.Timeout(None, connect=_CONNECT_S))
        else:
            import openai

            self._client = openai.AsyncOpenAI(**options, timeout=openai.Timeout(None, connect=_CONNECT_S))
        self._model = endpoint.model
        self._structured_output = endpoint.structured_output
        self._request = endpoint.request

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close what connections there are."""
        await self._client.close()

    async def ask(
        self, messages: Sequence[dict[str, str]], schema: dict[str, Any], timeout_s: float
    ) -> Reply:
        """Make one call; see `Provider.ask`."""
        try:
            async with asyncio.timeout(timeout_s):
                body = await self._post(messages, schema)
        except TimeoutError:
            raise RetryableError("timeout") from None
        except (CallError, UnreadableError):
            raise
        except Exception as error:
            # Not `from error`: what it holds may quote the key or the prompt, and our logs would print it.
            raise translate(error) from None
        return _read_reply(body)

    async def _post(self, messages: Sequence[dict[str, str]], schema: dict[str, Any]) -> bytes:
        request: dict[str, Any] = {"model": self._model, "messages": messages}
        if self._structured_output == "json_schema":
            described = {"name": "labels", "strict": True, "schema": schema}
            request["response_format"] = {"type": "json_schema", "json_schema": described}
        elif self._structured_output == "json_object":
            request["response_format"] = {"type": "json_object"}
        create = self._client.chat.completions.with_streaming_response.create
        body = bytearray()
        # The bytes of one JSON reply stream here, not its tokens: so as to stop at one that is too large.
        async with create(
            **request, extra_body=self._request, extra_headers={"Accept-Encoding": "identity"}
        ) as response:
            async for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_REPLY_BYTES:
                    raise UnreadableError("the reply is too large")
        return bytes(body)


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


_completion = msgspec.json.Decoder(_Completion)


def _read_reply(body: bytes) -> Reply:
    try:
        completion = _completion.decode(body)
        text = completion.choices[0].message.content or ""
    except (msgspec.MsgspecError, UnicodeError, RecursionError, IndexError):
        # An error under status 200, or no completion at all: the server's trouble, not the question's.
        raise RetryableError("server_error") from None
    usage = completion.usage or _Usage()
    return Reply(text, usage.prompt_tokens, usage.completion_tokens)


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
_MEND = {
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
    code = _code(error)
    outcome = "unreadable" if code in _UNREADABLE_CODES else _BY_STATUS.get(status, OUTCOMES[name])
    if outcome == "unreadable":
        return UnreadableError("the provider made no answer of this question")
    if outcome != "refused":
        response = getattr(error, "response", None)
        return RetryableError(outcome, retry_after_s(response.headers) if response is not None else None)
    what = f"status {status}" if status else type(error).__name__
    mend = _MEND.get(status, "refuses the request: check the settings LLM__*")
    return RefusedError(f"the LLM provider {mend} ({what}{f', {code}' if code else ''})")


def _code(error: Exception) -> str | None:
    """Return the code that a provider names, such as ``model_not_found``: one word, never prose."""
    body = getattr(error, "body", None)
    body = body.get("error", body) if isinstance(body, dict) else None
    names = [body.get("code"), body.get("type")] if isinstance(body, dict) else []
    return next((name for name in names if isinstance(name, str) and _SLUG.fullmatch(name)), None)


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
