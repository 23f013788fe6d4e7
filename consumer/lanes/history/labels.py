"""What is known of the labels of many events: two bytes an event, by the event's id."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from confluent_kafka import Message

from consumer.lanes.history.window import Span

UNKNOWN = -1
_SEVERAL = -2
CHUNK = 1 << 14
Places = npt.NDArray[np.int16]
"""For each of some events the place of its label in a `Taxonomy`, `UNKNOWN` where it has none."""


class Taxonomy:
    """Labels and their places, in the order in which they came."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self._places: dict[str, int] = {}

    def place(self, label: str) -> int:
        """Return the place of a label, a new one if need be."""
        place = self._places.setdefault(label, len(self.labels))
        if place == len(self.labels):
            self.labels.append(label)
        return place


class KnownLabels:
    """The labels of the events in spans of partitions. A later one of the same event replaces an earlier one."""

    def __init__(self, taxonomy: Taxonomy, spans: Sequence[Span]) -> None:
        self._taxonomy = taxonomy
        self._spans = {(span.topic, span.number): span for span in spans}
        self._chunks: dict[tuple[str, int, int], Places] = {}
        """By topic, partition and number of the chunk; those with no label are not there."""
        self._of_several: dict[bytes, int] = {}
        """By their ids, events that share their record with others."""
        self.found = 0

    def put(self, event_id: bytes, label: str) -> None:
        """Take note of a label. An id that is of no event in the spans is left out."""
        try:
            topic, number, rest = event_id.decode().rsplit("-", 2)
            record, dot, _ = rest.partition(".")
            key, offset = (topic, int(number)), int(record)
            span = self._spans[key]
        except (ValueError, KeyError):
            return
        if not span.start <= offset < span.end:
            return
        place = self._taxonomy.place(label)
        if dot:
            self._of_several[event_id] = place
            place = _SEVERAL
        chunk = (*key, offset // CHUNK)
        if chunk not in self._chunks:
            self._chunks[chunk] = np.full(CHUNK, UNKNOWN, np.int16)
        self._chunks[chunk][offset % CHUNK] = place
        self.found += 1

    def of(self, messages: Sequence[Message], event_ids: Sequence[bytes]) -> Places:
        """Return the labels of events: the record and the id of each."""
        count = len(messages)
        offsets = np.fromiter((message.offset() or 0 for message in messages), np.int64, count)
        numbers = np.fromiter((message.partition() or 0 for message in messages), np.int64, count)
        names = [message.topic() or "" for message in messages]
        found = np.full(count, UNKNOWN, np.int16)
        for topic in set(names):
            ours = np.fromiter((each == topic for each in names), bool, count)
            for number in np.unique(numbers[ours]).tolist():
                places = np.flatnonzero(ours & (numbers == number))
                chunks = offsets[places] // CHUNK
                for chunk in np.unique(chunks).tolist():
                    known = self._chunks.get((topic, number, chunk))
                    if known is not None:
                        here = places[chunks == chunk]
                        found[here] = known[offsets[here] % CHUNK]
        for each in np.flatnonzero(found == _SEVERAL).tolist():
            found[each] = self._of_several.get(event_ids[each], UNKNOWN)
        return found
