"""Dead letters: what cannot be labelled or published, kept as it was, with why and whence."""

import msgspec
from confluent_kafka import Message

from consumer.records.decoding import Reason
from consumer.records.incoming import headers_of
from consumer.records.outgoing import Headers, OutgoingRecord

CUT_BYTES = 256 << 10
"""What is kept of a record that even the dead-letter topic refuses."""
CUT_KEY_BYTES = 4 << 10
CUT_HEADERS_BYTES = 64 << 10


class Dead(msgspec.Struct, frozen=True, gc=False):
    """A record that cannot be labelled or published, and why; ``error`` is what was raised, where something was."""

    message: Message
    reason: Reason
    error: str = ""


def dead_letter(topic: str, dead: Dead) -> OutgoingRecord:
    """Return a dead letter: key, value, timestamp and headers of the record as they were, and ours added.

    Ours are ``reason``, ``topic``, ``partition``, ``offset``, ``time`` (of the record, in ms), and ``error``
    where there is one.
    """
    message = dead.message
    timestamp_ms = message.timestamp()[1]
    ours: Headers = [
        ("reason", dead.reason.encode()),
        ("topic", (message.topic() or "").encode()),
        ("partition", str(message.partition()).encode()),
        ("offset", str(message.offset()).encode()),
        ("time", str(timestamp_ms).encode()),
    ]
    if dead.error:
        ours.append(("error", dead.error.encode("utf-8", "replace")))
    return OutgoingRecord(
        topic,
        message.value(),
        message.key(),
        [*(headers_of(message) or []), *ours],
        max(timestamp_ms, 0),
        of=message,
    )


def cut(letter: OutgoingRecord) -> OutgoingRecord:
    """Return a dead letter that any topic takes: the first part of its value and key, and no large headers.

    ``cut_from`` says how many bytes the value had. Our own headers are the last ones, and small.
    """
    value, key = letter.value or b"", letter.key or b""
    headers: Headers = []
    room = CUT_HEADERS_BYTES
    for name, content in reversed(letter.headers):
        room -= len(name.encode()) + len(content or b"")
        if room < 0:
            break
        headers.insert(0, (name, content))
    headers.append(("cut_from", str(len(value)).encode()))
    return OutgoingRecord(
        letter.topic, value[:CUT_BYTES], key[:CUT_KEY_BYTES], headers, letter.timestamp_ms, of=letter.of
    )
