"""The body of a reply read with patience: its text and its tokens, in whatever form a server gives them."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from consumer.llm.answer import UnreadableError
from consumer.llm.failures import RetryableError, is_flagged

_MAX_TOKENS = 1 << 31


class Reply(msgspec.Struct, frozen=True):
    """What came back, and the tokens it took; None where the provider did not say."""

    text: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


def read_reply(body: bytes) -> Reply:
    """Return the text of the first choice; empty where it has none, as of a model that declines.

    Raises:
        RetryableError: it is no completion but an error under status 200, or nothing that can be read.
        UnreadableError: it is a completion without a choice, as of a prompt that a filter has stopped.
    """
    try:
        completion = json.loads(body)
    except (ValueError, RecursionError):
        raise RetryableError("server_error") from None
    if not isinstance(completion, dict):
        raise RetryableError("server_error")
    choices = completion.get("choices")
    if not isinstance(choices, list) or not choices:
        if completion.get("error") and not is_flagged(completion):
            raise RetryableError("server_error")
        raise UnreadableError("the reply has no choice")
    first = choices[0]
    message = first.get("message") if isinstance(first, Mapping) else None
    usage = completion.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    return Reply(
        _text(message.get("content") if isinstance(message, Mapping) else None),
        _tokens(usage.get("prompt_tokens")),
        _tokens(usage.get("completion_tokens")),
    )


def _text(content: Any) -> str:
    """Return the text of a content: itself, that of its parts, or JSON that was not written as text."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return json.dumps(content) if isinstance(content, dict) else ""


def _tokens(count: Any) -> int | None:
    """Return a number of tokens; None for what is none."""
    try:
        number = int(count)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number < _MAX_TOKENS and not isinstance(count, bool) else None
