"""Dead letters: what cannot be labelled or published, kept as it was, with the reason and the place it came from."""

from collections.abc import Iterable

import msgspec
from confluent_kafka import Message

from consumer.records.formats.found import Part
from consumer.records.incoming import Headers, headers_of, timestamp_ms_of
from consumer.records.outgoing import OutgoingRecord, Row
from consumer.records.reasons import Reason

CUT_BYTES = 256 << 10
"""What is kept of the value of a record that even the dead-letter topic refuses."""
CUT_KEY_BYTES = 4 << 10
CUT_HEADERS_BYTES = 64 << 10
CUT_HEADER = "cut_from"
ATTEMPT_HEADER = "replay_attempt"
MARKER = "logsluice_replayed"
INDEX_HEADER = "index"
MAX_ATTEMPT_DIGITS, MAX_TIME_DIGITS = 9, 18


class OneOf(msgspec.Struct, frozen=True, gc=False):
    """One event of a record that holds several: its index, and the event alone as a record of the same form."""

    index: int
    value: bytes


def one_of(part: Part | None) -> OneOf | None:
    """Return an event of a record that holds several, alone; None for one that is all of its record."""
    if part is None or part.index is None:
        return None
    return OneOf(part.index, part.opened.alone([part.index])[0])


def dead_row(topic: str, message: Message, reason: Reason, error: str = "", one: OneOf | None = None) -> Row:
    """Return the outcome of an event that cannot be labelled or published; ``error`` is what was raised."""
    return Row(dead_letter(topic, message, reason, error, one), message, reason=reason)


def dead_letter(
    topic: str, message: Message, reason: Reason, error: str = "", one: OneOf | None = None
) -> OutgoingRecord:
    """Return a dead letter: key, value and headers of the record as they were, and ours added.

    Ours are ``reason``, ``topic``, ``partition``, ``offset``, ``time`` (of the record, in ms), and ``error``
    where there is one. The letter of ``one`` event of a record that holds several has that event alone for its value,
    and ``index``. The letter's own time is that of its publication: a record may be older than the dead-letter
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
    if one is not None:
        ours.append((INDEX_HEADER, str(one.index).encode()))
    value = message.value() if one is None else one.value
    return OutgoingRecord(topic, value, message.key(), [*(headers_of(message) or []), *ours], 0)


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
    headers.append((CUT_HEADER, str(len(value)).encode()))
    return OutgoingRecord(letter.topic, value[:CUT_BYTES], key[:CUT_KEY_BYTES], headers, 0)


def is_cut(letter: OutgoingRecord) -> bool:
    """Return whether only the first part of a dead letter is left."""
    return bool(letter.headers) and letter.headers[-1][0] == CUT_HEADER


class DeadLetter(msgspec.Struct, frozen=True, gc=False):
    """A dead letter as it lies in its topic.

    ``event_id`` names the event that died, as topic-partition-offset of its record and ``.index`` where that holds
    several, and ``place`` the letter itself, as partition-offset. ``died_ms`` is when the letter was written and
    ``record_ms`` the time of the record, both in ms since the epoch, 0 where not known. ``attempt`` is how often the
    event has been replayed. ``headers`` are those of the record. Of one that ``is_cut`` only the first part was kept.
    """

    event_id: str
    place: str
    topic: str
    reason: str
    error: str
    died_ms: int
    record_ms: int
    attempt: int
    is_cut: bool
    headers: Headers
    message: Message


def read_dead_letter(message: Message) -> DeadLetter | None:
    """Return the dead letter that a record is; None where it has not the headers of one, or they cannot be read."""
    headers = headers_of(message) or []
    # Ours are the last: the record may have had a header `reason` too.
    start = max((place for place, (name, _) in enumerate(headers) if name == "reason"), default=None)
    if start is None:
        return None
    ours = {name: (value or b"").decode("utf-8", "replace") for name, value in headers[start:]}
    theirs = headers[:start]
    attempts = [(value or b"").decode("utf-8", "replace") for name, value in theirs if name == ATTEMPT_HEADER]
    index = f".{ours[INDEX_HEADER]}" if INDEX_HEADER in ours else ""
    died_ms = timestamp_ms_of(message)
    return DeadLetter(
        event_id=f"{ours.get('topic')}-{ours.get('partition')}-{ours.get('offset')}{index}",
        place=f"{message.partition()}-{message.offset()}",
        topic=ours.get("topic", ""),
        reason=ours["reason"],
        error=ours.get("error", ""),
        died_ms=died_ms,
        record_ms=_number(ours.get("time", ""), MAX_TIME_DIGITS),
        attempt=_number(attempts[-1], MAX_ATTEMPT_DIGITS) if attempts else 0,
        is_cut=CUT_HEADER in ours,
        headers=theirs,
        message=message,
    )


def _number(text: str, digits: int) -> int:
    """Return a count or a time from a header; 0 where it holds none."""
    return int(text[:digits]) if text.isascii() and text.isdigit() else 0


def replayed_letter(letter: DeadLetter) -> OutgoingRecord:
    """Return the record of a letter as it was, to send it back to its topic, with `ATTEMPT_HEADER` counted up."""
    headers = [each for each in letter.headers if each[0] != ATTEMPT_HEADER]
    headers.append((ATTEMPT_HEADER, str(letter.attempt + 1).encode()))
    message = letter.message
    return OutgoingRecord(letter.topic, message.value(), message.key(), headers, letter.record_ms)


def replay_marker(topic: str, letters: Iterable[DeadLetter]) -> OutgoingRecord:
    """Return the record that says of letters in a dead-letter topic that they have been replayed."""
    places = [letter.place for letter in letters]
    return OutgoingRecord(topic, msgspec.json.encode(places), MARKER.encode(), [(MARKER, b"1")], 0)


def read_replay_marker(message: Message) -> list[str]:
    """Return the places of the letters that a record says have been replayed; none where it is no marker."""
    names = {name for name, _ in headers_of(message) or ()}
    if (
        MARKER not in names or "reason" in names
    ):  # a letter keeps the headers of its record, whatever their names
        return []
    try:
        return msgspec.json.decode(message.value() or b"", type=list[str])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return []
