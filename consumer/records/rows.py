"""What becomes of the events of a batch, as columns: an object for each event would cost as much as publishing it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

from confluent_kafka import Message

from consumer.records.incoming import Headers, timestamps_ms_of
from consumer.records.outgoing import OutgoingRecord, Row
from consumer.records.output_routes import Withheld
from consumer.records.reasons import Reason
from pipeline.verdict import Verdict


class Rows(Sequence[Row]):
    """Rows in order. Each list has one entry for each; ``rows[place]`` is made when it is asked for.

    Grows by `append` and `extend` while a batch is decided, and is not edited afterwards.
    """

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        whole = list(rows)
        records = [row.record for row in whole]
        self.topics: list[str] = [record.topic for record in records]
        self.values: list[bytes | None] = [record.value for record in records]
        self.keys: list[bytes | None] = [record.key for record in records]
        self.headers: list[Headers] = [record.headers for record in records]
        self.timestamps_ms: list[int] = [record.timestamp_ms for record in records]
        self.partitions: list[int] = [record.partition for record in records]
        self.messages: list[Message | None] = [row.message for row in whole]
        self.verdicts: list[Verdict | None] = [row.verdict for row in whole]
        self.sources: list[str] = [row.source for row in whole]
        self.reasons: list[Reason | None] = [row.reason for row in whole]
        self.severities: list[str] = [row.severity for row in whole]
        self.withheld: list[Withheld | None] = [row.withheld for row in whole]
        self._whole: dict[int, Row] = dict(enumerate(whole))
        """Rows that were there as such, by their places."""
        self.holds_together = any(row.together is not None for row in whole)
        """Whether there are rows that publish several events together."""

    @classmethod
    def of_whole_records(
        cls,
        topic: str,
        messages: list[Message],
        values: list[bytes | None],
        headers: list[Headers],
        verdicts: list[Verdict | None],
        sources: list[str],
        severities: list[str],
    ) -> "Rows":
        """Return the rows of labelled events, each of which is the whole of its record."""
        count = len(messages)
        rows = cls()
        rows.topics = [topic] * count
        rows.values = values
        rows.keys = [message.key() for message in messages]
        rows.headers = headers
        rows.timestamps_ms = timestamps_ms_of(messages)
        rows.partitions = [-1] * count
        rows.messages = [*messages]
        rows.verdicts = verdicts
        rows.sources = sources
        rows.reasons = [None] * count
        rows.severities = severities
        rows.withheld = [None] * count
        return rows

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Rows":
        """Return rows as columns: the same, where they are columns already."""
        return rows if isinstance(rows, cls) else cls(rows)

    def append(self, row: Row) -> None:
        """Add a row."""
        self._whole[len(self.topics)] = row
        self.holds_together = self.holds_together or row.together is not None
        record = row.record
        self.topics.append(record.topic)
        self.values.append(record.value)
        self.keys.append(record.key)
        self.headers.append(record.headers)
        self.timestamps_ms.append(record.timestamp_ms)
        self.partitions.append(record.partition)
        self.messages.append(row.message)
        self.verdicts.append(row.verdict)
        self.sources.append(row.source)
        self.reasons.append(row.reason)
        self.severities.append(row.severity)
        self.withheld.append(row.withheld)

    def extend(self, rows: "Rows", start: int = 0, stop: int | None = None) -> None:
        """Add rows: those at the places from ``start`` to ``stop``."""
        behind = len(self) - start
        for place, row in rows._whole.items():
            if start <= place and (stop is None or place < stop):
                self._whole[behind + place] = row
                self.holds_together = self.holds_together or row.together is not None
        for ours, theirs in zip(self._columns(), rows._columns(), strict=True):
            ours.extend(theirs[start:stop] if start or stop is not None else theirs)

    def put(self, places: Sequence[int], rows: "Rows") -> None:
        """Put rows in the place of those at some places."""
        for ours, theirs in zip(self._columns(), rows._columns(), strict=True):
            for place, each in zip(places, theirs, strict=True):
                ours[place] = each
        self._whole.update({places[theirs]: row for theirs, row in rows._whole.items()})
        self.holds_together = self.holds_together or rows.holds_together

    def _columns(self) -> tuple[list[Any], ...]:
        return (
            *(self.topics, self.values, self.keys, self.headers, self.timestamps_ms, self.partitions),
            *(self.messages, self.verdicts, self.sources, self.reasons, self.severities, self.withheld),
        )

    def __len__(self) -> int:
        return len(self.topics)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> "Rows": ...
    def __getitem__(self, place: "int | slice") -> "Row | Rows":
        if isinstance(place, slice):
            return self.at(range(*place.indices(len(self))))
        if place < 0:
            place += len(self)
        whole = self._whole.get(place)
        return self._made(place) if whole is None else whole

    def __iter__(self) -> Iterator[Row]:
        return map(self.__getitem__, range(len(self)))

    def events(self) -> "Rows":
        """Return rows of which each is the outcome of one event at most."""
        if not self.holds_together:
            return self
        return Rows(event for row in self for event in row.events())

    def labelled(self) -> "Rows":
        """Return the rows of labelled events."""
        if all(self.verdicts):
            return self
        return self.at([place for place, verdict in enumerate(self.verdicts) if verdict is not None])

    def at(self, places: Sequence[int]) -> "Rows":
        """Return the rows at some places, in that order."""
        rows = Rows()
        for ours, theirs in zip(rows._columns(), self._columns(), strict=True):
            ours.extend([theirs[place] for place in places])
        rows._whole = {new: self._whole[old] for new, old in enumerate(places) if old in self._whole}
        rows.holds_together = any(row.together is not None for row in rows._whole.values())
        return rows

    def _made(self, place: int) -> Row:
        record = OutgoingRecord(
            self.topics[place],
            self.values[place],
            self.keys[place],
            self.headers[place],
            self.timestamps_ms[place],
            self.partitions[place],
        )
        return Row(
            record,
            self.messages[place],
            self.verdicts[place],
            self.sources[place],
            self.reasons[place],
            self.severities[place],
            withheld=self.withheld[place],
        )


def is_unlabelled(row: Row) -> bool:
    """Return whether a row is the outcome of an event that has no label: dead, or pending."""
    return row.verdict is None and row.message is not None
