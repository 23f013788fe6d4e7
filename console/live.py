"""The labelled stream as it comes: one reader of the topic for all who look, while anybody does."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import msgspec
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from console.store.ids import id_text, template_id
from console.store.labelled import LabelledEvent, ReadLabelled, labelled_reader
from consumer.errors import BrokerError, ConsumerError
from consumer.kafka.clients import make_reader
from consumer.kafka.cluster import missing_topics, topics_of
from consumer.kafka.errors import FATAL, describe
from consumer.settings import Settings

MOST_VIEWERS = 20
SHOWN_CHARS = 500
BEGIN_WITH = 10
"""Records of each partition from before the first viewer came, so that the page is not empty."""
_BATCH, _WAIT_S, _RETRY_S, _TIMEOUT_S = 2_000, 0.2, 1.0, 5.0


class Line(msgspec.Struct, frozen=True):
    """An event as it is shown. ``text`` is its template, or the message where messages may be kept."""

    at_ms: int
    label: str
    confidence: float
    tier: str
    best_guess: str | None
    source: str
    text: str
    template_id: str


class Wanted(msgspec.Struct, frozen=True):
    """Which events a viewer wants; what is empty does not narrow. ``search`` is part of the text, in small letters."""

    labels: frozenset[str] = frozenset()
    source: str = ""
    search: str = ""

    def takes(self, line: Line) -> bool:
        """Return whether a viewer wants an event."""
        return (
            (not self.labels or line.label in self.labels)
            and (not self.source or line.source == self.source)
            and (not self.search or self.search in line.text.lower())
        )


class FullError(Exception):
    """There are as many viewers as there may be."""


class Viewer:
    """What has come for one viewer and was not yet sent: the newest lines, and how many there were."""

    def __init__(self, wanted: Wanted, most: int) -> None:
        self.wanted = wanted
        self._lines: deque[Line] = deque(maxlen=most)
        self._come = 0
        self._lock = threading.Lock()

    def put(self, lines: Sequence[Line]) -> None:
        """Add those lines that are wanted."""
        taken = [line for line in lines if self.wanted.takes(line)]
        with self._lock:
            self._lines += taken
            self._come += len(taken)

    def take(self) -> tuple[list[Line], int]:
        """Return the lines that are there, and how many others had no room, since the last time."""
        with self._lock:
            lines, left_out = list(self._lines), self._come - len(self._lines)
            self._lines.clear()
            self._come = 0
        return lines, left_out


class LiveStream:
    """Lends viewers. The thread that reads begins with the first of them, and ends with the last."""

    def __init__(self, settings: Settings, keep_examples: bool) -> None:
        self._settings = settings
        self._read: ReadLabelled = labelled_reader(
            settings.source_field, settings.message_field, keep_examples
        )
        self._viewers: set[Viewer] = set()
        self._lock = threading.Lock()
        self._readers = 0
        self.problem: str | None = None
        """Why the topic cannot be read, in a sentence."""

    @contextmanager
    def viewer(self, wanted: Wanted, most: int) -> Iterator[Viewer]:
        """Lend a viewer that holds ``most`` lines between two times that they are taken.

        Raises:
            FullError: there are `MOST_VIEWERS` already.
        """
        viewer = Viewer(wanted, most)
        with self._lock:
            if len(self._viewers) >= MOST_VIEWERS:
                raise FullError
            self._viewers.add(viewer)
            if len(self._viewers) == 1:
                self._readers += 1
                threading.Thread(target=self._run, args=[self._readers], name="live", daemon=True).start()
        try:
            yield viewer
        finally:
            with self._lock:
                self._viewers.discard(viewer)

    def _run(self, reader: int) -> None:
        wait = threading.Event()
        while self._is_needed(reader):
            try:
                self._follow(reader)
            except (ConsumerError, KafkaException) as error:
                self.problem = str(error)
                wait.wait(_RETRY_S)

    def _is_needed(self, reader: int) -> bool:
        """Return whether anybody looks, and no later reader has begun since somebody did not."""
        with self._lock:
            return bool(self._viewers) and reader == self._readers

    def _follow(self, reader: int) -> None:
        topics, partitions = self._settings.labelled_topics(), topics_of(self._settings, _TIMEOUT_S)
        missing = missing_topics(partitions.keys(), frozenset(topics))
        if missing is not None:
            raise missing
        with closing(make_reader(self._settings)) as consumer:
            consumer.assign(
                [_start(consumer, topic, number) for topic in topics for number in range(partitions[topic])]
            )
            self.problem = None
            while self._is_needed(reader):
                lines = [
                    line for message in consumer.consume(_BATCH, _WAIT_S) for line in self._lines(message)
                ]
                with self._lock:
                    viewers = list(self._viewers)
                for viewer in viewers:
                    viewer.put(lines)

    def _lines(self, message: Message) -> Iterator[Line]:
        error = message.error()
        if error is not None:
            if error.code() in FATAL:
                raise BrokerError(f"{message.topic()} cannot be read: {describe(error)}")
            return  # the client tries again by itself
        event = self._read(message.value() or b"")
        if event is not None:
            yield _line(event, message.timestamp()[1])


def _line(event: LabelledEvent, at_ms: int) -> Line:
    said = event.classification
    return Line(
        at_ms,
        said.label,
        said.confidence,
        said.tier,
        said.best_guess,
        event.source[:200],
        (event.message or said.template)[:SHOWN_CHARS],
        id_text(template_id(said.template)),
    )


def _start(consumer: Consumer, topic: str, number: int) -> TopicPartition:
    partition = TopicPartition(topic, number)
    low, end = consumer.get_watermark_offsets(partition, timeout=_TIMEOUT_S)
    return TopicPartition(topic, number, max(low, end - BEGIN_WITH))
