"""The native core says what Python says, byte for byte: labelled records, dead letters, headers, verdicts."""

import itertools
import json
from functools import cache
from typing import Any, cast

import msgspec
import pytest
from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st

from faults.hostile_records import hostile_values
from pipeline.cascade import Cascade
from pipeline.memory import ANY_SOURCE, Remembered, VerdictMemory
from pipeline.routes import Routes
from tests.consumer.lanes.brittle import ENABLED, raw, record
from tests.consumer.lanes.cores import Both
from tests.consumer.lanes.drawn_members import names, values
from tests.consumer.odd_records import CLASSIFIED, DEAD, ODD
from tests.consumer.records.formats.as_written import RECORDS
from tests.consumer.records.formats.examples import Example
from tests.consumer.records.formats.shippers import EXAMPLES
from tests.pipeline.test_recogniser import messages
from tests.support.default_model import bundle, new_cascade, new_tier
from tests.support.long_scenarios import examples
from tests.support.native_core import RULES, needs_core
from training.sample import sample_events

pytestmark = needs_core


@cache
def both() -> Both:
    return Both(new_cascade())


def with_rules(memory: VerdictMemory | None = None, routes: Routes | None = None) -> Cascade:
    changed = msgspec.structs.replace(bundle(), rules=RULES, routes=routes or bundle().routes)
    return Cascade(changed, new_tier(), VerdictMemory() if memory is None else memory)


@cache
def both_with_rules() -> Both:
    return Both(with_rules())


def test_a_stream_is_labelled_alike_and_mostly_natively() -> None:
    batch = [raw(value) for value in itertools.islice(sample_events(60), 1_500)]
    both().assert_equal(batch)
    assert both().hits(batch) > 0.9 * len(batch)


@pytest.mark.parametrize(
    "value",
    [
        *ODD.values(),
        *(value for value, _ in CLASSIFIED.values()),
        *(value for value, _ in DEAD.values()),
        b"",
        None,
        b'{"message":"up","service":"web","level":"warn"}',
        b'{"log":"up","container_name":"/web","severity":3}',
        b'{"msg":"up","service":{"name":"web"},"level":30}',
        b'{"log_message":"up","source":"stdout","app":"web"}',
        b'{"log_message":"up","file":"/var/log/web.log"}',
        b'{"log_message":"up","source":"","app":"web"}',
        b'{"log_message":"{\\"msg\\":\\"inner\\",\\"level\\":\\"error\\"}","source":"a"}',
        b'{"log_message":"level=error msg=inner","source":"a"}',
        b'{"log_message":"up\\n","source":"a"}',
        b'{"log_message":"up","source":"a","log":{"level":"fatal"}}',
        b'{"log_message":"up","source":"a","level":"17","PRIORITY":"3","severityNumber":17}',
        b'{"log_message":"up","source":"a","level":null,"severity":"INFO "}',
        b'{"log_message":"up","source":"a","level":"WARN","level":"info"}',
        b'{"auditID":"1","verb":"get","log":"up","source":"a"}',
        b'{"records":[{"log_message":"up"}],"log_message":"x","source":"y"}',
        b'{"specversion":"1.0","id":"1","source":"a","type":"t","message":"up"}',
    ],
    ids=lambda value: repr(value)[:60],
)
def test_whatever_a_record_holds_it_is_read_alike(value: bytes | None) -> None:
    both().assert_equal([raw(value)])


def test_hostile_records_and_those_of_real_senders_are_read_alike() -> None:
    values = [value for value in hostile_values(300, 7) if len(value or b"") < 100_000]
    values += [value for _, value, _ in RECORDS]
    for start in range(0, len(values), 50):
        both().assert_equal([raw(value) for value in values[start : start + 50]])


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_every_form_of_record_is_read_alike(example: Example) -> None:
    both().assert_equal([raw(example.value, headers=list(example.headers), topic="logs.raw")])


@examples(1_000)
@given(
    st.lists(st.tuples(names, values), min_size=1, max_size=7),
    st.booleans(),
    st.sampled_from(["", " ", "\n"]),
)
def test_any_object_is_read_alike(members: list[tuple[str, Any]], is_ascii: bool, space: str) -> None:
    written = [
        f"{space}{json.dumps(name)}:{space}{json.dumps(value, ensure_ascii=is_ascii)}"
        for name, value in members
    ]
    both_with_rules().assert_equal([raw(("{" + f"{space},".join(written) + "}" + space).encode())])


PLAIN = (
    b'{"source":"app","n":[1,-2.5e3,{"a":null}],"log_message":"took 12 s, \\"status: 503\\"","level":"warn"}'
)


@examples(1_500)
@given(
    st.lists(
        st.tuples(st.integers(0, len(PLAIN) - 1), st.integers(0, 2), st.binary(max_size=2)),
        min_size=1,
        max_size=3,
    )
)
def test_a_record_that_is_nearly_plain_is_read_alike(changes: list[tuple[int, int, bytes]]) -> None:
    value = bytearray(PLAIN)
    for place, removed, added in changes:
        value[place : place + removed] = added
    both_with_rules().assert_equal([raw(PLAIN), raw(bytes(value))])


@examples(600)
@given(st.lists(st.tuples(messages, st.sampled_from(["app", "kernel"])), min_size=1, max_size=6))
def test_any_messages_have_the_same_verdicts(events: list[tuple[str, str]]) -> None:
    def sendable(text: str) -> str:
        return text.encode("utf-8", "replace").decode()

    both_with_rules().assert_equal([record(sendable(message), source) for message, source in events])


def test_digits_sources_and_severities_that_rules_ask_for_count() -> None:
    lines = [
        ("GET / status: 200", "app", ""),
        ("GET / status: 503", "app", ""),
        ("GET / status: 599", "kernel", ""),
        ("failed at 0xdead", "app", ""),
        ("failed at 0xdead", "kernel", ""),
        ("took 7 s", "app", "error"),
        ("took 8 s", "app", "info"),
        ("took 9 s", "app", ""),
    ]
    batch = [
        raw(msgspec.json.encode({"log_message": message, "source": source, "level": level}))
        for message, source, level in lines
    ]
    pair = Both(with_rules())
    pair.assert_equal(batch)
    assert pair.hits(batch) == len(batch)
    found = [row.verdict.rule for row in pair.native.decide(batch).rows if row.verdict]
    assert found == [None, "server-error", "server-error", None, "hardware", "grave", None, None]


def test_what_memory_learns_holds_from_the_next_batch_on_and_for_its_source() -> None:
    memory = VerdictMemory()
    pair = Both(with_rules(memory))
    batch = [record("backup took 7 minutes", source) for source in ("app", "kernel")]
    pair.assert_equal(batch)
    memory.put("backup took <duration>", "kernel", Remembered("Security Alert", 1.0, "person", 1))
    pair.assert_equal(batch)
    labels = [row.verdict.label for row in pair.native.decide(batch).rows if row.verdict]
    assert labels[1] == "Security Alert" != labels[0]
    memory.forget("backup took <duration>", "kernel", "person")
    memory.put("backup took <duration>", ANY_SOURCE, Remembered("Error", 1.0, "person", 2))
    pair.assert_equal(batch)


def test_routed_sources_and_events_that_wait_for_the_llm_are_decided_alike() -> None:
    routes = Routes({"crm": ("memory", "llm"), "quiet": ("embedding",)})
    for more in ({}, {"llm": ENABLED}):
        pair = Both(with_rules(routes=routes), **more)
        pair.assert_equal(
            [record("bob logged in", source) for source in ("crm", "quiet", "app", "crm", "quiet")]
        )


@pytest.mark.parametrize(
    "settings",
    [
        {"output_headers": ()},
        {"output_headers": ("label",)},
        {"input_topic": "logs.raw,other", "input_format": "logs.raw=json,other=text"},
        {"input_format": "text"},
        {"output_format": "same"},
        {"output_routes": "Error=errors,User Action=drop"},
        {"source_field": "app", "message_field": "text.line"},
        {"message_field": "message", "source_field": "service"},
    ],
    ids=str,
)
def test_settings_mean_the_same(settings: dict[str, Any]) -> None:
    objects: list[dict[str, Any]] = [
        {"log_message": "bob logged in", "source": "a"},
        {"log_message": "status: 503", "source": "a", "app": "b", "text": {"line": "bob logged in"}},
        {"message": "bob logged in", "service": "web", "log_message": "status: 503"},
    ]
    topics = ("logs.raw", "other", "third")
    batch = [raw(msgspec.json.encode(each), topic=topic) for each in objects for topic in topics]
    batch += [raw(b"bob logged in"), record("x", headers=[("trace", b"1"), ("label", b"theirs")], key=b"k")]
    Both(with_rules(), **settings).assert_equal(batch)


def test_headers_that_cannot_be_read_or_that_mark_a_format_are_taken_alike() -> None:
    class Unreadable:
        def __init__(self, message: Message) -> None:
            self._message = message

        def __getattr__(self, name: str) -> Any:
            return getattr(self._message, name)

        def headers(self) -> None:
            raise SystemError("returned NULL without setting an exception")

    odd = cast(Message, Unreadable(record("bob logged in")))
    marked = raw(b'{"message":"bob logged in"}', headers=[("ce_specversion", b"1.0"), ("ce_type", b"t")])
    both_with_rules().assert_equal([odd, marked, record("bob logged in", timestamp_ms=-1)])
