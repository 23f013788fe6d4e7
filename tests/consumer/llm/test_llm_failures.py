import types
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import groq
import httpx
import httpx2
import openai
import pytest

from consumer.llm.answer import UnreadableError
from consumer.llm.failures import OUTCOMES, RefusedError, RetryableError, retry_after_s, translate


def _exceptions(module: types.ModuleType, *roots: type[Exception]) -> list[type[Exception]]:
    found = [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, roots)]
    assert len(found) > 3
    return found


@pytest.mark.parametrize(
    "kind",
    [
        *_exceptions(groq._exceptions, groq.GroqError),
        *_exceptions(openai._exceptions, Exception),
    ],
)
def test_every_exception_of_the_sdks_is_in_the_table(kind: type[Exception]) -> None:
    assert kind.__name__ in OUTCOMES


@pytest.mark.parametrize("kind", [*_exceptions(httpx, Exception), *_exceptions(httpx2, Exception)])
def test_every_exception_of_the_http_libraries_is_covered_by_one_in_the_table(kind: type[Exception]) -> None:
    if issubclass(kind, httpx.CookieConflict | httpx2.CookieConflict):
        return  # of reading cookies by hand
    assert {base.__name__ for base in kind.__mro__} & set(OUTCOMES)


def test_the_table_names_nothing_that_is_gone() -> None:
    modules = (groq, openai, groq._exceptions, openai._exceptions, httpx, httpx2)
    assert {name for name in OUTCOMES if not any(hasattr(module, name) for module in modules)} == {"OSError"}


def test_an_exception_of_another_kind_is_a_fault_and_stays_one() -> None:
    fault = TypeError("ours")
    assert translate(fault) is fault
    refused = translate(openai.OpenAIError("prompt text"))
    assert isinstance(refused, RefusedError)
    assert "prompt text" not in str(refused)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "99999999999"}, 86_400.0),
        ({"retry-after": "inf"}, 86_400.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
        ({"retry-after": "Wed, 99 Oct 99999 07:28:00 GMT"}, None),
    ],
)
def test_retry_after_is_read_with_suspicion(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers) == seconds


def test_retry_after_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    seconds = retry_after_s({"retry-after": date})
    assert seconds is not None
    assert 25 < seconds <= 30


def failure(status: int, body: Any) -> Exception:
    """Return what an SDK raises for a response."""
    response = httpx.Response(status, request=httpx.Request("POST", "http://llm/v1"))
    kinds = {
        400: "BadRequestError",
        401: "AuthenticationError",
        403: "PermissionDeniedError",
        429: "RateLimitError",
    }
    kind = getattr(groq, kinds.get(status, "APIStatusError"))
    made: Exception = kind("said", response=response, body=body)
    return made


FLAGGED = [
    (400, {"error": {"code": "content_filter", "message": "The response was filtered"}}),
    (400, {"code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}}),
    (400, {"error": {"code": None, "type": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}),
    (
        400,
        {
            "error": {
                "code": "invalid_prompt",
                "message": "Invalid prompt: flagged as violating our usage policy",
            }
        },
    ),
    (400, {"error": {"type": "content_policy_violation"}}),
    (400, {"error": {"code": "data_inspection_failed"}}),
    (400, {"error": {"type": "invalid_request_error", "message": "Content Exists Risk"}}),
    (
        400,
        {"error": {"type": "invalid_request_error", "message": "Output blocked by content filtering policy"}},
    ),
    (403, {"error": {"code": 403, "message": "This model requires moderation and your input was flagged"}}),
    (422, {"error": {"code": "moderation_blocked"}}),
    (451, {"error": {"message": "the prompt was blocked"}}),
    (400, [{"error": {"status": "INVALID_ARGUMENT", "message": "the request was blocked as unsafe"}}]),
]


@pytest.mark.parametrize(("status", "body"), FLAGGED)
def test_a_prompt_that_a_filter_stops_is_unreadable_and_no_wrong_key(status: int, body: Any) -> None:
    assert isinstance(translate(failure(status, body)), UnreadableError)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": {"code": "model_not_found", "message": "no such model"}}),
        (400, {"error": {"message": "response_format json_schema is not supported"}}),
        (401, {"error": {"code": "content_filter"}}),
        (403, {"error": {"message": "Your account was disabled for violating our usage policies"}}),
        (403, {"error": {"message": "Requests from your region are blocked"}}),
        (400, None),
        (400, "text"),
        (400, [[]]),
    ],
)
def test_another_refusal_stays_one(status: int, body: Any) -> None:
    assert isinstance(translate(failure(status, body)), RefusedError)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "insufficient_quota"),
        (403, "insufficient_user_quota"),
        (402, "insufficient_balance"),
        (429, "billing_hard_limit_reached"),
    ],
)
def test_a_quota_that_is_used_up_is_a_refusal_with_a_sentence_of_its_own(status: int, code: str) -> None:
    refused = translate(failure(status, {"error": {"code": code, "message": "You exceeded ..."}}))
    assert isinstance(refused, RefusedError)
    assert str(refused) == (
        f"the quota of the LLM account is used up: add credit, or raise its limit (status {status}, {code})"
    )


def test_too_many_requests_are_no_quota_that_is_used_up() -> None:
    limited = translate(failure(429, {"error": {"code": "rate_limit_exceeded", "type": "tokens"}}))
    assert isinstance(limited, RetryableError)
