"""Reads the records of a window of time in no group, so that no offsets change."""

from collections.abc import Mapping, Sequence

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaException, Message, TopicPartition

from consumer.errors import RefusedError
from consumer.kafka.clients import make_reader
from consumer.kafka.errors import FATAL, describe
from consumer.lanes.history.window import ASK_S, Span, Window, spans_of
from consumer.settings import Settings

LATE_MS = 3_600_000
LATE_RECORDS = 10_000
"""A partition is read until so many records in a row are this much past the window.

A record counts by its own time, and these are in no order: one comes late, and a clock that is ahead ends no window.
"""
_Place = tuple[str, int]


class HistoryReader:
    """Reads the partitions of topics from the first record of a window to the last that was there at the start."""

    def __init__(self, settings: Settings, window: Window) -> None:
        self._window = window
        self._consumer: Consumer = make_reader(
            settings, {"fetch.message.max.bytes": 4 << 20, "queued.max.messages.kbytes": 64 << 10}
        )
        self._open: dict[_Place, Span] = {}
        self._reached: dict[_Place, int] = {}
        self._past: dict[_Place, int] = {}
        self.deleted: dict[_Place, int] = {}
        """The offset up to which records of a partition were deleted before they were read."""

    def start(self, partitions: Mapping[str, int]) -> list[Span]:
        """Find the window in topics with so many partitions each, and return where it is.

        Raises:
            BrokerError: the broker does not say.
        """
        spans = spans_of(self._consumer, partitions, self._window.from_ms)
        self._open = {(span.topic, span.number): span for span in spans if span.start < span.end}
        self._reached = {place: span.start for place, span in self._open.items()}
        self._consumer.incremental_assign(
            [TopicPartition(*place, span.start) for place, span in self._open.items()]
        )
        return spans

    @property
    def at_end(self) -> bool:
        """Whether everything has been read."""
        return not self._open

    @property
    def reached(self) -> int:
        """The sum of the offsets that have been reached."""
        return sum(self._reached.values())

    def read(self, most: int, wait_s: float) -> list[Message]:
        """Return the next records of the window, in the order of each partition, after a time at the latest.

        Raises:
            RefusedError: the broker does not let us read.
        """
        messages: list[Message] = []
        for message in self._consumer.consume(most, wait_s):
            error = message.error()
            if error is None:
                messages.append(message)
            elif error.code() in FATAL:
                raise RefusedError(f"{message.topic()} cannot be read: {describe(error)}")
        self._note_gaps(messages)
        positions = self._positions()
        within = self._within(messages, overshot=any(self._open[at].end < to for at, to in positions.items()))
        self._move_on(positions)
        return within

    def _within(self, messages: list[Message], overshot: bool) -> list[Message]:
        """Return the records of the window; ``overshot`` is whether there may be some from behind the ends."""
        times_ms = [message.timestamp()[1] for message in messages]
        from_ms, to_ms = self._window
        if times_ms and max(times_ms) >= to_ms:
            self._look_past(messages, times_ms, to_ms + LATE_MS)
        elif self._past:
            self._past.clear()
        elif not overshot and times_ms and min(times_ms) >= from_ms:
            return messages  # nearly always
        ends = {place: span.end for place, span in self._open.items()}
        return [
            message
            for message, time_ms in zip(messages, times_ms, strict=True)
            if from_ms <= time_ms < to_ms
            and (message.offset() or 0) < ends.get((message.topic() or "", message.partition() or 0), 0)
        ]

    def _look_past(self, messages: Sequence[Message], times_ms: Sequence[int], late_ms: int) -> None:
        """Count the records in a row, of each partition, that are well past the window."""
        for message, time_ms in zip(messages, times_ms, strict=True):
            place = (message.topic() or "", message.partition() or 0)
            self._past[place] = self._past.get(place, 0) + 1 if time_ms >= late_ms else 0

    def _note_gaps(self, messages: Sequence[Message]) -> None:
        """Note what was deleted between what has been reached and what came next."""
        back = messages[::-1]
        places = zip(
            [message.topic() or "" for message in back],
            [message.partition() or 0 for message in back],
            strict=True,
        )
        first = dict(zip(places, [message.offset() or 0 for message in back], strict=True))
        for place, offset in first.items():
            reached = self._reached.get(place, offset)
            if offset <= reached + 1:
                continue  # a transaction leaves an offset that holds no record
            try:
                oldest, _ = self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=ASK_S)
            except KafkaException:
                continue  # it went away between two records
            if oldest > reached:
                self.deleted[place] = oldest

    def _positions(self) -> dict[_Place, int]:
        # By position, not by the last record seen: compaction and transactions leave offsets without a record.
        positions = self._consumer.position([TopicPartition(*place) for place in self._open])
        return {
            (each.topic, each.partition): each.offset for each in positions if each.offset != OFFSET_INVALID
        }

    def _move_on(self, positions: Mapping[_Place, int]) -> None:
        for place, position in positions.items():
            end = self._open[place].end
            self._reached[place] = min(position, end)
            if position >= end or self._past.get(place, 0) >= LATE_RECORDS:
                self._reached[place] = end
                del self._open[place]
                self._consumer.incremental_unassign([TopicPartition(*place)])

    def close(self) -> None:
        """Close the connection."""
        self._consumer.close()
