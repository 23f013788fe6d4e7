"""A pending record: what is known of an event goes along in a header, and comes back as it was."""

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.records.incoming import Headers
from consumer.records.pending import (
    CANARY_HEADER,
    PENDING_HEADER,
    Canary,
    Pending,
    canary_record,
    partition_of,
    pending_of,
    pending_record,
    read_canary,
    read_pending,
)
from pipeline.verdict import Verdict
from tests.support.consumed import consumed

TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)
NAMES = st.one_of(TEXT, st.sampled_from([PENDING_HEADER, CANARY_HEADER, "event_id", "reason"]))
HEADERS = st.lists(st.tuples(NAMES, st.one_of(st.binary(max_size=30), st.none())), max_size=6)
PENDING = st.builds(
    Pending,
    event_id=TEXT,
    since_ms=st.integers(0, 2**53),
    timestamp_ms=st.integers(0, 2**53),
    attempt=st.integers(0, 1_000),
    best_guess=st.none() | TEXT,
    confidence=st.floats(0, 1),
)
CANARIES = st.builds(Canary, template=TEXT, source=TEXT, label=TEXT)


@given(PENDING, HEADERS, st.none() | st.binary(max_size=50), st.none() | st.binary(max_size=10))
def test_an_event_comes_back_as_it_was(
    pending: Pending, headers: Headers, value: bytes | None, key: bytes | None
) -> None:
    record = pending_record("logs.pending", value, key, headers, pending, "template", "app", 4)
    assert (record.topic, record.value, record.key, record.timestamp_ms) == ("logs.pending", value, key, 0)
    assert read_pending(record.headers) == (pending, headers)
    assert read_canary(consumed(value, headers=record.headers)) is None


@given(PENDING, HEADERS, st.integers(1, 5))
def test_waiting_on_adds_no_headers(pending: Pending, headers: Headers, rounds: int) -> None:
    now = headers
    for _ in range(rounds):
        record = pending_record("logs.pending", b"{}", None, now, pending, "template", "app", 4)
        found = read_pending(record.headers)
        assert found is not None
        now = found[1]
    assert now == headers


@given(HEADERS)
def test_headers_of_others_are_no_pending_event(headers: Headers) -> None:
    ours = [value for name, value in headers if name == PENDING_HEADER]
    found = read_pending(headers)
    assert found is None or ours


@pytest.mark.parametrize(
    "value", [None, b"", b"null", b"{}", b"[]", b"\xff", b'{"event_id":1}', b"[" * 5_000]
)
def test_a_header_that_cannot_be_read_is_none(value: bytes | None) -> None:
    assert read_pending([(PENDING_HEADER, value)]) is None


def test_there_may_be_no_headers() -> None:
    assert read_pending(None) is None
    assert read_pending([]) is None
    assert read_canary(consumed(b"{}")) is None


@given(CANARIES)
def test_a_canary_comes_back_as_it_was(canary: Canary) -> None:
    record = canary_record("logs.pending", canary, 4)
    assert read_canary(consumed(record.value, headers=record.headers)) == canary


@pytest.mark.parametrize(
    "value", [None, b"", b"null", b"{}", b"\xff", b'{"template":1,"source":"","label":""}']
)
def test_a_canary_that_cannot_be_read_is_none(value: bytes | None) -> None:
    assert read_canary(consumed(value, headers=[(CANARY_HEADER, b"1")])) is None


@given(st.text(max_size=30), st.text(max_size=10), st.integers(1, 64))
def test_one_template_of_one_source_has_one_partition(template: str, source: str, partitions: int) -> None:
    place = partition_of(template, source, partitions)
    assert 0 <= place < partitions
    assert place == partition_of(template, source, partitions)
    assert partition_of(template, source, 0) == -1


def test_the_partition_is_the_same_in_every_process() -> None:
    assert partition_of("disk <num> died", "app", 8) == crc32(b"app\0disk <num> died") % 8


def test_a_best_guess_goes_along() -> None:
    verdict = Verdict("Unclassified", 0.41, "none", "hm", best_guess="Error")
    assert pending_of(verdict, "logs.raw-0-1", 5, 7) == Pending("logs.raw-0-1", 7, 5, 0, "Error", 0.41)
