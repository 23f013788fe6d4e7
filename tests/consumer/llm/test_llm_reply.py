import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.llm.answer import UnreadableError
from consumer.llm.failures import RetryableError
from consumer.llm.reply import Reply, read_reply


def body(content: Any, **more: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content}}], **more}).encode()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("hello", "hello"),
        ([{"type": "text", "text": "hel"}, {"type": "text", "text": "lo"}], "hello"),
        (["hel", "lo"], "hello"),
        (
            [{"type": "reasoning", "summary": []}, {"type": "text", "text": "hello"}],
            "hello",
        ),
        ({"labels": [{"number": 1}]}, '{"labels": [{"number": 1}]}'),
        (None, ""),
        (7, ""),
        ([], ""),
        ([None, 7], ""),
    ],
)
def test_content_is_read_in_every_form(content: Any, text: str) -> None:
    assert read_reply(body(content)).text == text


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 7, "completion_tokens": 3}, (7, 3)),
        ({"prompt_tokens": "7", "completion_tokens": 3.0}, (7, 3)),
        ({"prompt_tokens": None, "completion_tokens": -1}, (None, None)),
        ({"prompt_tokens": [7], "completion_tokens": {"text": 3}}, (None, None)),
        ({"prompt_tokens": True, "completion_tokens": 10**30}, (None, None)),
        ({"prompt_tokens": "many"}, (None, None)),
        ({"prompt_tokens": 1e400}, (None, None)),
        ([], (None, None)),
        ("free", (None, None)),
        (None, (None, None)),
    ],
)
def test_an_odd_usage_does_no_harm(usage: Any, tokens: tuple[int | None, int | None]) -> None:
    assert read_reply(body("x", usage=usage)) == Reply("x", *tokens)


@pytest.mark.parametrize(
    "choice", [{}, {"message": None}, {"message": []}, None, 7, {"finish_reason": "content_filter"}]
)
def test_a_choice_without_a_message_is_an_empty_text(choice: Any) -> None:
    assert read_reply(json.dumps({"choices": [choice]}).encode()) == Reply("")


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["choices", "message", "content", "text", "usage", "error", "code"]), inner
            )
        ),
    )
)
def test_whatever_json_comes_ends_in_a_text_or_a_known_failure(value: Any) -> None:
    try:
        reply = read_reply(json.dumps(value).encode())
    except (RetryableError, UnreadableError):
        return
    assert isinstance(reply.text, str)
