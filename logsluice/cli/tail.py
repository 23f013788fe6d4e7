"""``logsluice tail``: the labelled topic as it grows, in a terminal or for a pipe. It is no member of any group."""

import os
import select
import sys
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import BinaryIO

import click
import msgspec
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka.clients import FATAL, describe, make_reader, topics_of
from consumer.log import get_logger
from consumer.records.decoding import UndecodableError, json_decoder
from consumer.records.incoming import headers_of
from consumer.settings import Settings
from files.terminal import printable
from pipeline.verdict import UNCLASSIFIED

TIMEOUT_S = 10.0
WAIT_S = 0.2
BATCH = 1_000

# The default labels as on the dashboards, in numbers of the 256 colours; of others the name chooses.
_COLOURS = {
    "Security Alert": 196,
    "Critical Error": 160,
    "Error": 208,
    "Workflow Error": 172,
    "Deprecation Warning": 184,
    "Resource Usage": 141,
    "HTTP Status": 75,
    "User Action": 77,
    "System Notification": 117,
    UNCLASSIFIED: 245,
}
_OTHER_COLOURS = (38, 43, 69, 72, 98, 107, 132, 137, 144, 168, 173, 180)
_LABEL_WIDTH = 19
_LONGEST = 1_000  # characters of a message; what is shown of them is less


class Wanted(msgspec.Struct, frozen=True):
    """Which events to show: those that pass each filter. An empty one lets everything pass."""

    labels: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    min_confidence: float = 0.0
    max_confidence: float = 1.0


class _Classification(msgspec.Struct, gc=False):
    confidence: float
    best_guess: str | None = None


class _Labelled(msgspec.Struct, gc=False):
    classification: _Classification


_decode_labelled = msgspec.json.Decoder(_Labelled).decode

Line = Callable[[Message], bytes | None]
"""What to print of a record; None where it is filtered out. Raises UndecodableError, or what msgspec raises."""


def tail(settings: Settings, topic: str, wanted: Wanted, last: int | None, as_json: bool) -> None:
    """Print events of a topic of labelled ones as they come, until Ctrl-C, or until nobody reads what is printed.

    ``last`` is how many earlier records of each partition to begin with; None begins with the oldest.

    Raises:
        BrokerError: the broker cannot be reached, refuses us, or has no such topic.
    """
    output = sys.stdout.buffer
    terminal = sys.stdout.isatty()
    line = _line(settings, wanted, as_json, terminal, coloured=terminal and not os.environ.get("NO_COLOR"))
    consumer: Consumer | None = None
    try:
        partitions = topics_of(settings, TIMEOUT_S).get(topic)
        if partitions is None:
            raise BrokerError(
                f"the broker has no topic {topic}: run `logsluice topics create`, or name another one"
            )
        consumer = make_reader(settings)
        consumer.assign(
            [_start(consumer, TopicPartition(topic, number), last) for number in range(partitions)]
        )
        _follow(consumer, line, output)
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        # What is still in the buffer goes nowhere; without this the interpreter would complain on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
    finally:
        if consumer is not None:
            consumer.close()


def _start(consumer: Consumer, partition: TopicPartition, last: int | None) -> TopicPartition:
    """Return a partition with the offset to begin at."""
    try:
        oldest, end = consumer.get_watermark_offsets(partition, timeout=TIMEOUT_S)
    except KafkaException as error:
        raise BrokerError(f"{partition.topic} cannot be read: {describe(error.args[0])}") from error
    return TopicPartition(
        partition.topic, partition.partition, oldest if last is None else max(oldest, end - last)
    )


def _follow(consumer: Consumer, line: Line, output: BinaryIO) -> None:
    # A reader that has gone is noticed at once, not with the next event, which may be long in coming.
    reader = select.poll()
    reader.register(output.fileno(), 0)
    warned = False
    while not reader.poll(0):
        for message in consumer.consume(BATCH, WAIT_S):
            error = message.error()
            if error is not None:
                if error.code() in FATAL:
                    raise BrokerError(f"{message.topic()} cannot be read: {describe(error)}")
                continue  # mends itself
            try:
                text = line(message)
            except (UndecodableError, msgspec.MsgspecError, RecursionError):
                if not warned:
                    get_logger().warning("left out what is no labelled event", topic=message.topic())
                warned = True
                continue
            if text is not None:
                output.write(text)
        output.flush()


def _line(settings: Settings, wanted: Wanted, as_json: bool, terminal: bool, coloured: bool) -> Line:
    decode = json_decoder(settings.source_field, settings.message_field)
    any_confidence = (wanted.min_confidence, wanted.max_confidence) == (0.0, 1.0)

    def line(message: Message) -> bytes | None:
        # Most records are told by their headers; only the others are looked into.
        headers = dict(headers_of(message) or ())
        if "label" not in headers or "tier" not in headers:
            raise UndecodableError("not_an_object")
        label, tier = ((headers[name] or b"").decode(errors="replace") for name in ("label", "tier"))
        if (wanted.labels and label not in wanted.labels) or (wanted.tiers and tier not in wanted.tiers):
            return None
        value = message.value() or b""
        if as_json and any_confidence and not wanted.sources:
            return _one_line(value, terminal)
        event = decode(value)
        if wanted.sources and event.source not in wanted.sources:
            return None
        classification = _decode_labelled(value).classification
        if not wanted.min_confidence <= classification.confidence <= wanted.max_confidence:
            return None
        if as_json:
            return _one_line(value, terminal)
        what = printable(label).ljust(_LABEL_WIDTH)
        if classification.best_guess:
            what = f"{printable(label)} ({printable(classification.best_guess)}?)"
        when = datetime.fromtimestamp(max(message.timestamp()[1], 0) / 1000).strftime("%H:%M:%S")
        how = f"{classification.confidence:.2f} {printable(tier):<9}"
        source, text = printable(event.source), printable(" ".join(event.message[:_LONGEST].split()))
        if coloured:
            what = click.style(what, fg=colour(label))
            when, how = click.style(when, dim=True), click.style(how, dim=True)
            source = click.style(source, bold=True)
        return f"{when} {what} {how} {source}  {text}\n".encode()

    return line


def colour(label: str) -> int:
    """Return the colour of a label, the same in every process: a number of the 256 of a terminal."""
    name = zlib.crc32(label.encode())
    return _COLOURS.get(label) or _OTHER_COLOURS[name % len(_OTHER_COLOURS)]


def _one_line(value: bytes, terminal: bool) -> bytes:
    """Return a JSON object on one line, byte by byte as it is; for a terminal with nothing that commands it."""
    # A line break is white space between two tokens: within a string it is written as \n.
    value = value.replace(b"\r", b" ").replace(b"\n", b" ")
    if terminal:
        text = value.decode(errors="replace").replace("\t", " ")
        value = "".join(each if each.isprintable() else _escaped(each) for each in text).encode()
    return value + b"\n"


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))
