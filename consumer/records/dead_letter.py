"""Dead letters: what cannot be labelled or published, kept as it was, with the reason and the place it came from."""

from confluent_kafka import Message

from consumer.records.decoding import Reason
from consumer.records.incoming import headers_of
from consumer.records.outgoing import Headers, OutgoingRecord, Row

CUT_BYTES = 256 << 10
"""What is kept of the value of a record that even the dead-letter topic refuses."""
CUT_KEY_BYTES = 4 << 10
CUT_HEADERS_BYTES = 64 << 10
_CUT_HEADER = "cut_from"


def dead_row(topic: str, message: Message, reason: Reason, error: str = "") -> Row:
    """Return the outcome of an event that cannot be labelled or published; ``error`` is what was raised."""
    return Row(dead_letter(topic, message, reason, error), message, reason=reason)


def dead_letter(topic: str, message: Message, reason: Reason, error: str = "") -> OutgoingRecord:
    """Return a dead letter: key, value and headers of the record as they were, and ours added.

    Ours are ``reason``, ``topic``, ``partition``, ``offset``, ``time`` (of the record, in ms), and ``error``
    where there is one. The letter's own time is that of its publication: a record may be older than the dead-letter
    topic keeps, or have a time that no topic takes.
    """
    ours: Headers = [
        ("reason", reason.encode()),
        ("topic", (message.topic() or "").encode()),
        ("partition", str(message.partition()).encode()),
        ("offset", str(message.offset()).encode()),
        ("time", str(message.timestamp()[1]).encode()),
    ]
    if error:
        ours.append(("error", error.encode("utf-8", "replace")))
    return OutgoingRecord(topic, message.value(), message.key(), [*(headers_of(message) or []), *ours], 0)


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
    headers.append((_CUT_HEADER, str(len(value)).encode()))
    return OutgoingRecord(letter.topic, value[:CUT_BYTES], key[:CUT_KEY_BYTES], headers, 0)


def is_cut(letter: OutgoingRecord) -> bool:
    """Return whether only the first part of a dead letter is left."""
    return bool(letter.headers) and letter.headers[-1][0] == _CUT_HEADER
