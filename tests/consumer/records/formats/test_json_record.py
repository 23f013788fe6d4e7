import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.records.reasons import REASONS, UndecodableError
from pipeline.event import Event
from tests.support.reading import event_of

TOPIC = "logs.raw"


def flat(value: bytes | None) -> Event:
    return event_of(value, "json")


def nested(value: bytes | None) -> Event:
    return event_of(value, "json", "kubernetes.pod.name", "log.message")


def text(value: bytes | None) -> Event:
    return event_of(value, "text")


@pytest.mark.parametrize(
    ("value", "source", "message"),
    [
        (b'{"source":"app","log_message":"up"}', "app", "up"),
        (b'\r\n\t {"log_message" : "up" , "source" : "app"} \n', "app", "up"),
        (b'{"log_message":"up"}', "", "up"),
        (b'{"source":null,"log_message":"up"}', "", "up"),
        (b'{"source":["a"],"log_message":"up"}', "", "up"),
        (b'{"source":true,"log_message":"up"}', "", "up"),
        (b'{"source":404,"log_message":"up"}', "404", "up"),
        (b'{"source":1e999,"log_message":"up"}', "1e999", "up"),
        (b'{"log_message":""}', "", ""),
        (b'{"log_message":"tab\\tnew\\nline \\u0000 \\ud83d\\ude00"}', "", "tab\tnew\nline \0 😀"),
        ('{"log_message":"é☃😀"}'.encode(), "", "é☃😀"),
        (b'{"log_message":"first","log_message":"last"}', "", "last"),
        (b'{"\\u006cog_message":"up"}', "", "up"),
        (b'{"log_message":"up","x":1e999,"y":123456789012345678901234567890}', "", "up"),
        (b'{"log_message":"up","x":' + b"[" * 500 + b"]" * 500 + b"}", "", "up"),
        (b'{"log_message":"up","classification":{"label":"x"}}', "", "up"),
    ],
)
def test_an_object_with_a_message_is_an_event(value: bytes, source: str, message: str) -> None:
    assert flat(value) == Event(source or TOPIC, message)


@pytest.mark.parametrize(
    ("value", "source", "message"),
    [
        (b'{"log":{"message":"up"},"kubernetes":{"pod":{"name":"web-1"}}}', "web-1", "up"),
        (b'{"log.message":"up","kubernetes.pod.name":"web-1"}', "web-1", "up"),
        (b'{"log":{"level":"info"},"log.message":"up"}', "", "up"),
        (b'{"log":"text","log.message":"up","kubernetes":7}', "", "up"),
        (b'{"log": {"message": "up", "x": 1e999}, "kubernetes": {"pod": {"name": {"a": 1}}}}', "", "up"),
    ],
)
def test_fields_lie_at_dotted_paths(value: bytes, source: str, message: str) -> None:
    found = nested(value)
    assert (found.source, found.message) == (source or TOPIC, message)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "tombstone"),
        (b"", "empty"),
        (b" \n", "not_json"),
        (b"plain text", "not_json"),
        (b'{"log_message":"up"', "not_json"),
        (b'{"log_message":"up"}{}', "not_json"),
        (b'{"log_message":"up",}', "not_json"),
        (b'{"log_message":"up","x":NaN}', "not_json"),
        (b'{"log_message":"up","x":01}', "not_json"),
        (b'{"log_message":"up","x":"\x01"}', "not_json"),
        (b'{"log_message":"up","x":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "not_json"),
        (b'{"log_message":"\xff\xfe"}', "not_utf8"),
        (b'{"log_message":"up","x":"\xc3"}', "not_utf8"),
        (b'{"log_message":"\xed\xa0\x80"}', "not_utf8"),
        (b"\x80\x04\x95binary", "not_utf8"),
        (b'[{"log_message":"up"}]', "not_an_object"),
        (b'"log_message"', "not_an_object"),
        (b"null", "not_an_object"),
        (b"{}", "no_message"),
        (b'{"source":"app"}', "no_message"),
        (b'{"Log_Message":"up"}', "no_message"),
        (b'{"log_message":null}', "no_message"),
        (b'{"log_message":5}', "message_not_a_string"),
        (b'{"log_message":1e999}', "message_not_a_string"),
        (b'{"log_message":{"text":"up"}}', "message_not_a_string"),
        (b'{"log_message":["up"]}', "message_not_a_string"),
        (b'{"log_message":false}', "message_not_a_string"),
    ],
)
def test_what_holds_no_event_has_a_reason(value: bytes | None, reason: str) -> None:
    with pytest.raises(UndecodableError) as caught:
        flat(value)
    assert caught.value.reason == reason
    assert reason in REASONS


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b'{"log":{"message":null}}', "no_message"),
        (b'{"log":{}}', "no_message"),
        (b'{"log":[{"message":"up"}]}', "no_message"),
        (b'{"log":{"message":7}}', "message_not_a_string"),
        (b"[" * 200_000, "not_an_object"),
    ],
)
def test_a_dotted_path_that_leads_nowhere_has_a_reason(value: bytes, reason: str) -> None:
    with pytest.raises(UndecodableError) as caught:
        nested(value)
    assert caught.value.reason == reason


def test_a_line_of_text_is_a_message_of_its_topic() -> None:
    assert text("é up\n".encode()) == Event(TOPIC, "é up")
    assert text(b"level up") == Event(TOPIC, "level up")
    for value, reason in ((None, "tombstone"), (b"", "empty"), (b"\xff", "not_utf8")):
        with pytest.raises(UndecodableError, match=reason):
            text(value)


@settings(deadline=None)
@given(
    st.binary(max_size=60) | st.text(alphabet='{}[]":,\\u0a1e-.ntfl og_message', max_size=60).map(str.encode)
)
def test_any_bytes_are_an_event_or_have_a_reason(value: bytes) -> None:
    for decode in (flat, nested, text, event_of):
        with contextlib.suppress(UndecodableError):
            assert isinstance(decode(value), Event)


def strict(value: bytes) -> Any:
    return json.loads(value, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@settings(deadline=None)
@given(st.data())
def test_what_is_accepted_is_json_for_others_too(data: st.DataObject) -> None:
    value = bytearray(
        b'{"source":"a\\n","x":[1,-2.5e3,true,null,{"y":"\xc3\xa9"}],"log_message":"up \\u00e9"}'
    )
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(value) - 1))
        value[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    try:
        event = flat(bytes(value))
    except UndecodableError:
        return
    assert strict(bytes(value))["log_message"] == event.message
