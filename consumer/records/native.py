"""The hot path by the native core, where it is installed: plain records whose messages are known, a batch at a time.

Python is the reference: it takes all other records, and the core learns from it what it may answer itself
(docs/native_core.md).
"""

from collections.abc import Container, Iterable, Sequence
from typing import Any

from confluent_kafka import Message

from consumer.records.formats import inner, made
from consumer.records.formats.names import (
    FILES,
    LOGGERS,
    MESSAGES,
    OTEL_NUMBERS,
    SOURCES,
    TAGGED,
    WINDOWS_NUMBERS,
)
from consumer.records.formats.names import SEVERITIES as SEVERITY_NAMES
from consumer.records.formats.severity import WORDS, from_number, from_otel
from consumer.records.incoming import Headers, headers_of_each
from consumer.records.labelled import ENDS, Labeller, without_ours
from consumer.records.reading import Item, QuickTopics
from consumer.records.rows import Rows
from pipeline.cascade import Cascade
from pipeline.native import PLACES, decided_by, matched
from pipeline.verdict import Verdict

RECORDS = 2_000
"""How many records are looked up at once: a batch that is all new is learned from piece by piece."""
MARKS = (
    *("specversion", "auditID", "records", "resourceId", "ResourceId", "logEvents", "items"),
    *("involvedObject", "regarding", "resourceLogs", "resource_logs", "Records"),
)
"""Members by which a record is seen to be of another format than one event as a JSON object."""
MARKING_HEADER = "ce_specversion"


class NativeCore:
    """The core with what it has learned of the verdicts of one bundle. Not thread-safe; a lane has its own."""

    def __init__(
        self,
        module: Any,
        cascade: Cascade,
        labeller: Labeller,
        output_topic: str,
        topics: QuickTopics,
        source_field: str | None,
        message_field: str | None,
        routed_labels: Container[str] = (),
    ) -> None:
        """Make a core. Events with labels that have routes of their own are for Python to publish."""
        self._routed_labels = routed_labels
        self._cascade = cascade
        self._labeller = labeller
        self._output_topic = output_topic
        self._topics = topics
        self._memory_version = -1
        self._core = module.Core(
            members=members(source_field, message_field),
            inner=(
                inner_members(),
                (made.TELLING, made.TOGETHER, made.ALSO),
                inner.LOGFMT.pattern,
                inner.PAIR.pattern,
            ),
            words={word: PLACES[severity] for word, severity in WORDS.items()},
            numbers=[PLACES[from_number(number)] for number in range(100)],
            otel_numbers=[PLACES[from_otel(number)] for number in range(100)],
            severities=[(severity, ENDS[severity]) for severity in PLACES],
            id_header="event_id" if "event_id" in labeller.output_headers else None,
            **decided_by(cascade),
        )

    def __len__(self) -> int:
        return len(self._core)

    def forget(self) -> None:
        """Leave every record to Python until that has decided one like it again."""
        self._memory_version = -1

    def label(self, messages: Sequence[Message]) -> tuple[Rows, list[int]]:
        """Return a row for each record, and the places of those that Python has to take; their rows hold nothing."""
        memory = self._cascade.memory
        if memory.version != self._memory_version:
            self._memory_version = memory.version
            self._core.forget(bool(memory))
        topics = [message.topic() for message in messages]
        values = [message.value() for message in messages]
        if not self._topics.everywhere:
            named = self._topics.named
            values = [value if topic in named else None for value, topic in zip(values, topics, strict=True)]
        theirs = headers_of_each(messages)
        if theirs:
            values = [
                value if headers is not None and _is_unmarked(headers) else None
                for value, headers in zip(values, theirs, strict=True)
            ]
        found = self._core.label(
            values,
            topics,
            [message.partition() for message in messages],
            [message.offset() for message in messages],
        )
        rows = Rows.of_whole_records(
            self._output_topic,
            list(messages),
            found.values,
            found.headers,
            found.verdicts,
            found.sources,
            found.severities,
        )
        if theirs:
            for place, headers in enumerate(theirs):
                if headers and rows.headers[place] is not None:
                    rows.headers[place] = without_ours(headers) + rows.headers[place]
        return rows, found.misses

    def learn(self, decided: Iterable[tuple[Item, Verdict]]) -> None:
        """Learn what Python says of events; an event of which that alone can say it is left out."""
        for item, verdict in decided:
            event = item.event
            if item.part is not None or verdict.label in self._routed_labels:
                continue
            found = matched(self._cascade, event)
            if found is None:
                continue
            classification, headers = self._labeller.parts(verdict)
            self._core.learn(
                event.message,
                event.source,
                event.severity,
                *found,
                verdict.template,
                verdict,
                classification,
                headers,
            )


def _is_unmarked(headers: Headers) -> bool:
    return not any(name == MARKING_HEADER for name, _ in headers)


def members(source_field: str | None, message_field: str | None) -> list[tuple[str, str, int]]:
    """Return the names of members that count, what each is for and its rank, as the readers of JSON have them."""
    found: dict[tuple[str, str], int] = {}

    def add(name: str, kind: str, rank: int) -> None:
        first, dot, _ = name.partition(".")
        if dot:
            found[name, "odd"] = found[first, "outer"] = 0
        else:
            found.setdefault((name, kind), rank)

    for kind, first, names in (("message", message_field, MESSAGES), ("source", source_field, SOURCES)):
        for rank, name in enumerate([*([first] if first else []), *names]):
            add(name, kind, rank)
    for name in MESSAGES:
        found[name, "outer"] = 0  # an object may hold the message
    for name in (*FILES, *LOGGERS):
        add(name, "file", 0)
    for rank, name in enumerate(SEVERITY_NAMES):
        add(name, "otel_severity" if name in OTEL_NUMBERS else "severity", rank)
    for name in (*MARKS, *WINDOWS_NUMBERS, TAGGED):
        add(name, "odd", 0)
    return [(name, kind, rank) for (name, kind), rank in found.items()]


def inner_members() -> list[tuple[str, str, int]]:
    """Return the same for messages that hold another, as `own_part` has them."""
    kinds = {"message": inner.MESSAGES, "severity": inner.LEVELS, "error": inner.ERRORS}
    found = [(name, kind, rank) for kind, names in kinds.items() for rank, name in enumerate(names)]
    found += [(name, "outer", 0) for name, _, _ in found]  # an object may hold it
    return [*found, ("auditID", "odd", 0)]
