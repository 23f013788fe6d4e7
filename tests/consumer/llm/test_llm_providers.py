import asyncio
import json
from typing import Any

import pytest
from pydantic import SecretStr

from consumer.llm.answer import UnreadableError
from consumer.llm.failures import RefusedError, RetryableError
from consumer.llm.prompt import Prompter, Question
from consumer.llm.providers import MAX_REPLY_BYTES, ChatProvider
from consumer.llm.reply import Reply
from consumer.llm.settings import LlmSettings
from tests.support.chat_server import HANG, ChatServer, Response, completion, error

KEY = "gsk_TheKeyThatNobodyMaySee"
PROMPT = Prompter({"Error": "Something failed."}).prompt([Question("Disk <path> is full", "app")])


def settings(server: ChatServer, provider: str = "openai-compatible", **more: Any) -> LlmSettings:
    base_url = server.url.removesuffix("/v1") if provider == "groq" else server.url
    return LlmSettings.model_validate(
        {"provider": provider, "base_url": base_url, "model": "test-model", "api_key": KEY, **more}
    )


def ask(llm: LlmSettings, timeout_s: float = 5.0) -> Reply:
    async def once() -> Reply:
        async with ChatProvider(llm) as provider:
            return await provider.ask(PROMPT.messages, PROMPT.schema, timeout_s)

    return asyncio.run(once())


both = pytest.mark.parametrize("provider", ["groq", "openai-compatible"])


@both
def test_a_reply_has_its_text_and_its_tokens(server: ChatServer, provider: str) -> None:
    server.respond = lambda request: completion("hello", 123, 45)
    assert ask(settings(server, provider)) == Reply("hello", 123, 45)
    (request,) = server.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.path == ("/openai/v1/chat/completions" if provider == "groq" else "/v1/chat/completions")


def test_groq_is_asked_with_a_strict_schema_and_little_reasoning(server: ChatServer) -> None:
    server.respond = lambda request: completion("{}")
    llm = LlmSettings(provider="groq", base_url=server.url, api_key=SecretStr(KEY))
    ask(llm)
    assert server.requests[0].json == {
        "model": "openai/gpt-oss-20b",
        "messages": PROMPT.messages,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "labels", "strict": True, "schema": PROMPT.schema},
        },
        "temperature": 0,
        "reasoning_effort": "low",
        "include_reasoning": False,
    }


def test_the_kind_of_structured_output_and_further_members_are_settings(server: ChatServer) -> None:
    server.respond = lambda request: completion("{}")
    ask(settings(server, structured_output="json_object", request={"top_p": 0.5}))
    ask(settings(server, structured_output="none"))
    first, second = (request.json for request in server.requests)
    assert (first["response_format"], first["top_p"]) == ({"type": "json_object"}, 0.5)
    assert "temperature" not in first
    assert "response_format" not in second
    assert second["temperature"] == 0


@both
def test_a_key_of_the_environment_is_not_sent_to_a_server_that_was_given_none(
    server: ChatServer, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "GROQ_API_KEY"):
        monkeypatch.setenv(name, KEY)
    server.respond = lambda request: completion("{}")
    ask(settings(server, provider, api_key=None))
    assert KEY not in str(server.requests[0].headers)


@both
@pytest.mark.parametrize(
    ("response", "outcome", "after_s"),
    [
        (error(429, (("retry-after", "7"),)), "rate_limited", 7.0),
        (error(429), "rate_limited", None),
        (error(498), "rate_limited", None),
        (error(408), "timeout", None),
        (error(409), "server_error", None),
        (error(500), "server_error", None),
        (error(502), "server_error", None),
        (error(503, (("retry-after", "3"),)), "server_error", 3.0),
        (Response(b"<html>Bad gateway</html>", 504), "server_error", None),
        (error(200), "server_error", None),
        (Response(b""), "server_error", None),
        (Response(b"not json"), "server_error", None),
        (Response(b"[" * 100_000), "server_error", None),
        (Response(b"[]"), "server_error", None),
        (Response(b"\xff\xfe" * 100), "server_error", None),
        (completion("a long text that is cut off")._replace(cut=20), "connection", None),
        (completion("hi")._replace(headers=(("content-length", "nonsense"),)), "connection", None),
    ],
)
def test_what_may_pass_is_retryable(
    server: ChatServer, provider: str, response: Response, outcome: str, after_s: float | None
) -> None:
    server.respond = lambda request: response
    with pytest.raises(RetryableError) as caught:
        ask(settings(server, provider))
    assert (caught.value.outcome, caught.value.after_s) == (outcome, after_s)
    assert len(server.requests) == 1  # the SDK does not retry


@both
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 422])
def test_a_failure_that_a_person_must_act_on_is_refused_in_our_words(
    server: ChatServer, provider: str, status: int
) -> None:
    server.respond = lambda request: error(status, message=f"bad key {KEY} for Disk", code="some_code")
    with pytest.raises(RefusedError) as caught:
        ask(settings(server, provider))
    sentence = str(caught.value)
    assert sentence.startswith("the LLM provider ")
    assert f"(status {status}, some_code)" in sentence
    assert "LLM__" in sentence or status == 402
    assert KEY not in sentence
    assert "Disk" not in sentence
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert len(server.requests) == 1


@both
@pytest.mark.parametrize(
    "response",
    [
        error(413),
        error(400, code="json_validate_failed", failed_generation="{"),
        error(400, code="context_length_exceeded"),
        error(400, code="content_filter"),
        error(400, code="invalid_prompt"),
        Response(b"{}"),
        Response(b'{"choices": []}'),
        Response(b'{"choices": null, "promptFeedback": {"blockReason": "SAFETY"}}'),
        Response(b'{"choices": [], "error": {"code": "content_filter"}}'),
        Response(b"x" * 10_000_000),
        completion("x" * MAX_REPLY_BYTES),
    ],
)
def test_an_answer_of_no_use_is_unreadable(server: ChatServer, provider: str, response: Response) -> None:
    server.respond = lambda request: response
    with pytest.raises(UnreadableError):
        ask(settings(server, provider))


@both
def test_a_reply_without_content_or_usage_is_an_empty_text(server: ChatServer, provider: str) -> None:
    server.respond = lambda request: Response(b'{"choices": [{"message": {"content": null}}], "usage": null}')
    assert ask(settings(server, provider)) == Reply("")


@both
def test_a_server_that_hangs_is_given_up_and_the_connection_closed(server: ChatServer, provider: str) -> None:
    server.respond = lambda request: HANG
    with pytest.raises(RetryableError) as caught:
        ask(settings(server, provider), timeout_s=0.2)
    assert caught.value.outcome == "timeout"
    assert server.dropped.wait(5) or not server.requests  # a busy machine may not get as far


@both
def test_a_server_that_is_not_there_is_no_connection(server: ChatServer, provider: str) -> None:
    llm = settings(server, provider, base_url="http://127.0.0.1:9")
    with pytest.raises(RetryableError) as caught:
        ask(llm)
    assert caught.value.outcome == "connection"


def test_the_body_of_a_request_is_what_the_prompt_says_and_no_more(server: ChatServer) -> None:
    server.respond = lambda request: completion("{}")
    ask(settings(server))
    assert json.loads(server.requests[0].body)["messages"] == PROMPT.messages
    assert set(server.requests[0].json) == {"model", "messages", "response_format", "temperature"}
