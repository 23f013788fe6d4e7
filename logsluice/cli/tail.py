"""``logsluice tail``: the labelled topic as it grows, in a terminal or for a pipe. It is no member of any group."""

import os
import select
import shutil
import sys
from typing import BinaryIO

import click
from confluent_kafka import Consumer, KafkaException, TopicPartition

from consumer.errors import BrokerError
from consumer.kafka.clients import make_reader
from consumer.kafka.cluster import topics_of
from consumer.kafka.errors import FATAL, describe
from consumer.log import get_logger
from consumer.settings import Settings
from logsluice.cli.labelled_line import Line, Look, NotLabelledError, Wanted, line_of
from logsluice.cli.labels import bundle_of, known_label
from logsluice.cli.settings import command_settings
from pipeline.verdict import TIERS

TIMEOUT_S = 10.0
WAIT_S = 0.2
BATCH = 1_000


@click.command()
@click.option("--label", "labels", multiple=True, help="Only events with this label; may be given again.")
@click.option("--source", "sources", multiple=True, help="Only events of this source; may be given again.")
@click.option(
    "--tier",
    "tiers",
    multiple=True,
    type=click.Choice(TIERS, case_sensitive=False),
    help="Only events that this tier decided; may be given again.",
)
@click.option(
    "--min-confidence", type=click.FloatRange(0, 1), default=0.0, help="Only events at least so sure."
)
@click.option(
    "--max-confidence", type=click.FloatRange(0, 1), default=1.0, help="Only events at most so sure."
)
@click.option("--from-beginning", is_flag=True, help="Begin with the oldest events, not with the next.")
@click.option(
    "--last", type=click.IntRange(min=0), default=0, help="Begin with so many events of each partition."
)
@click.option("--topic", help="Topic to follow; default: LOGSLUICE_OUTPUT_TOPIC.")
@click.option(
    "--width",
    type=click.IntRange(min=0),
    help="Cut lines to so many columns, 0: not at all; default: the terminal's, and not at all for a pipe.",
)
@click.option("--json", "as_json", is_flag=True, help="Print each event whole, as one line of JSON.")
def tail(
    labels: tuple[str, ...],
    sources: tuple[str, ...],
    tiers: tuple[str, ...],
    min_confidence: float,
    max_confidence: float,
    from_beginning: bool,
    last: int,
    topic: str | None,
    width: int | None,
    as_json: bool,
) -> None:
    """Follow the labelled events in a terminal, until Ctrl-C; no consumer group takes note.

    Each line has time, label, confidence, tier, source and message. Of an event that was left Unclassified it has the
    best guess, with a question mark, and how sure that is.
    """
    if from_beginning and last:
        raise click.UsageError("--from-beginning and --last exclude each other")
    if not min_confidence <= max_confidence:  # so for nan too
        raise click.UsageError("--min-confidence is above --max-confidence: no event is both")
    settings = command_settings()
    if labels:
        bundle = bundle_of(settings)
        labels = tuple(known_label(label, bundle.labels, bundle.version) for label in labels)
    wanted = Wanted(frozenset(labels), frozenset(tiers), frozenset(sources), min_confidence, max_confidence)
    terminal = sys.stdout.isatty()
    if width is None:
        width = shutil.get_terminal_size().columns if terminal else 0
    look = Look(as_json, width, terminal, coloured=terminal and not os.environ.get("NO_COLOR"))
    line = line_of(settings.source_field, settings.message_field, wanted, look)
    follow(settings, topic or settings.output_topic, line, None if from_beginning else last)


def follow(settings: Settings, topic: str, line: Line, last: int | None) -> None:
    """Print the lines of a topic's records as they come, until Ctrl-C, or until nobody reads what is printed.

    ``last`` is how many earlier records of each partition to begin with; None begins with the oldest.

    Raises:
        BrokerError: the broker cannot be reached, refuses us, or has no such topic.
    """
    output = sys.stdout.buffer
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
                continue  # the client tries again by itself
            try:
                text = line(message)
            except NotLabelledError:
                if not warned:
                    get_logger().warning("left out what is no labelled event", topic=message.topic())
                warned = True
                continue
            if text is not None:
                output.write(text)
        output.flush()
