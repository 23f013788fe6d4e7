"""The verdicts topic: what is known of a template, as a compacted record.

Who said it is part of the key. Compaction keeps the last record of a key, and a model that has not heard of a
person's verdict yet must not overwrite it.
"""

import hashlib
from time import time

import msgspec
from confluent_kafka import Message

from consumer.records.outgoing import OutgoingRecord
from pipeline.bundle import Bundle
from pipeline.memory import By, Remembered


class VerdictKey(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Of what a record speaks. ``taxonomy`` stands for the labels that there were to choose from."""

    taxonomy: str
    source: str
    template: str
    by: By


class VerdictValue(msgspec.Struct, frozen=True, gc=False):
    """What a record says.

    ``rank`` orders who said it: 1 a model, 2 a person. ``author`` names the model or the user.
    """

    label: str
    confidence: float
    by: By
    rank: int
    at_ms: int
    author: str = ""


_key = msgspec.json.Decoder(VerdictKey)
_value = msgspec.json.Decoder(VerdictValue)


def verdict_record(topic: str, key: VerdictKey, value: VerdictValue | None) -> OutgoingRecord:
    """Return the record of a verdict, or without a value the tombstone that forgets it."""
    return OutgoingRecord(
        topic, msgspec.json.encode(value) if value is not None else None, msgspec.json.encode(key), [], 0
    )


def model_verdict(
    topic: str, taxonomy: str, template: str, source: str, verdict: Remembered, model: str
) -> OutgoingRecord:
    """Return the record of what a model said."""
    key = VerdictKey(taxonomy, source, template, "model")
    return verdict_record(
        topic, key, VerdictValue(verdict.label, verdict.confidence, "model", 1, verdict.at_ms, model)
    )


def person_verdict(label: str, at_ms: int, author: str) -> VerdictValue:
    """Return what a person says."""
    return VerdictValue(label, 1.0, "person", 2, at_ms, author)


def remembered(key: VerdictKey, value: VerdictValue) -> Remembered:
    """Return a verdict as the memory has it."""
    return Remembered(value.label, value.confidence, key.by, value.at_ms)


def taxonomy_of(bundle: Bundle) -> str:
    """Return a short name of a bundle's labels, the same for every bundle that has these."""
    return hashlib.sha256("\0".join(sorted(bundle.labels)).encode()).hexdigest()[:12]


def now_ms() -> int:
    """Return the time, in ms since the epoch."""
    return int(time() * 1000)


def read_verdict(message: Message) -> tuple[VerdictKey | None, VerdictValue | None, bool]:
    """Return (key, value, is a tombstone) of a record; a key or value that cannot be read is None."""
    raw = message.value()
    return _read_key(message.key()), None if raw is None else _read_value(raw), raw is None


def _read_key(raw: bytes | None) -> VerdictKey | None:
    try:
        return _key.decode(raw or b"")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _read_value(raw: bytes) -> VerdictValue | None:
    try:
        return _value.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
