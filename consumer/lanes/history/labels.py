"""What is known of the labels of many events: two bytes an event, by the event's id."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from confluent_kafka import Message

from consumer.lanes.history.window import Span

UNKNOWN = -1
_SEVERAL = -2
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
        self._starts = {(span.topic, span.number): span.start for span in spans}
        self._places = {
            (span.topic, span.number): np.full(span.end - span.start, UNKNOWN, np.int16) for span in spans
        }
        self._of_several: dict[bytes, int] = {}
        """By their ids, events that share their record with others."""
        self.found = 0

    def put(self, event_id: bytes, label: str) -> None:
        """Take note of a label. An id that is of no event in the spans is left out."""
        try:
            topic, number, rest = event_id.decode().rsplit("-", 2)
            offset, dot, _ = rest.partition(".")
            key = (topic, int(number))
            behind = int(offset) - self._starts[key]
        except (ValueError, KeyError):
            return
        places = self._places[key]
        if not 0 <= behind < len(places):
            return
        place = self._taxonomy.place(label)
        if dot:
            self._of_several[event_id] = place
            place = _SEVERAL
        places[behind] = place
        self.found += 1

    def of(self, messages: Sequence[Message], event_ids: Sequence[bytes]) -> Places:
        """Return the labels of events: the record and the id of each."""
        numbers = np.fromiter((message.partition() or 0 for message in messages), np.int64, len(messages))
        offsets = np.fromiter((message.offset() or 0 for message in messages), np.int64, len(messages))
        topics = [message.topic() or "" for message in messages]
        found = np.full(len(messages), UNKNOWN, np.int16)
        for topic in set(topics):
            here = np.ones(len(messages), bool)
            if topics.count(topic) < len(topics):
                here = np.fromiter((each == topic for each in topics), bool, len(topics))
            for number in np.unique(numbers[here]).tolist():
                places = self._places.get((topic, number))
                if places is None:
                    continue
                those = np.flatnonzero(here & (numbers == number))
                behind = offsets[those] - self._starts[topic, number]
                within = (behind >= 0) & (behind < len(places))
                found[those[within]] = places[behind[within]]
        for each in np.flatnonzero(found == _SEVERAL).tolist():
            found[each] = self._of_several.get(event_ids[each], UNKNOWN)
        return found
