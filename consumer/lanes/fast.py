"""The fast lane's processor: raw records in, labelled ones out, and to the pending topic what only the LLM can tell."""

from collections.abc import Callable, Sequence
from time import monotonic

from confluent_kafka import Message

from consumer.garbage import settle
from consumer.lanes.canaries import Canaries
from consumer.lanes.contract import BatchResult, Intake
from consumer.lanes.isolation import SOUND_EVENT, apply_or_dead_letter, poisoned
from consumer.lanes.known import merged, native_core
from consumer.lanes.outcomes import labelled_row, labelled_rows, pending_row
from consumer.lanes.work import BATCH_BYTES, BATCH_S, SLICE_BYTES, SLICE_EVENTS, next_records, slices
from consumer.records.formats.registry import Frame, without_registry
from consumer.records.incoming import Headers
from consumer.records.labelled import Labeller
from consumer.records.native import RECORDS
from consumer.records.outgoing import Row
from consumer.records.pending import canary_record
from consumer.records.reading import Item, RecordReader, alone_values
from consumer.records.routed import routed
from consumer.records.rows import Rows
from consumer.records.together import Labelled, put_together
from consumer.settings import Settings
from consumer.telemetry.metrics import Lane, Metrics
from pipeline.cascade import Cascade
from pipeline.event import Event
from pipeline.verdict import Verdict


def fast_intake(settings: Settings) -> Intake:
    """Return what the fast lane reads."""
    return Intake(
        settings.group_id,
        settings.input_topic,
        settings.batch_max_events,
        settings.batch_max_wait_ms / 1000,
    )


OnDecided = Callable[[Sequence[tuple[Event, Verdict]]], None]


class FastProcessor:
    """Decodes, labels and encodes. ``pending_partitions`` is how many partitions the pending topic has, or 0."""

    lane: Lane = "fast"
    decides_ahead = True

    def __init__(
        self,
        settings: Settings,
        cascade: Cascade,
        metrics: Metrics,
        pending_partitions: int = 0,
        beat: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = monotonic,
        decode_frame: Callable[[Frame], bytes] = without_registry,
        on_decided: OnDecided | None = None,
    ) -> None:
        """``on_decided`` is called with what the cascade decides and has not remembered: it must not wait."""
        self._settings = settings
        self._on_decided = on_decided
        self._shows_again = False
        self._next: Cascade | None = None
        self._metrics = metrics
        self._beat = beat
        self._clock = clock
        self._keeps_form = settings.output_format == "same"
        self._reader = RecordReader(
            settings.input_format,
            settings.source_field,
            settings.message_field,
            settings.dead_letter_topic,
            self._keeps_form,
            decode_frame,
        )
        self._routes = settings.routes()
        self._take(cascade)
        self._output_topic = settings.output_topic
        self._asks_llm = settings.llm.enabled
        self._pending_partitions = pending_partitions
        self._canaries = Canaries(settings.llm.canary)

    def _take(self, cascade: Cascade) -> None:
        self._cascade = cascade
        self._labeller = Labeller(cascade.bundle.version, self._settings.output_headers)
        self._native = native_core(self._settings, cascade, self._labeller)

    def swap_bundle(self, cascade: Cascade) -> None:
        """Label with another bundle from the next batch on. May be called from any thread."""
        self._next = cascade

    def show_again(self) -> None:
        """Call ``on_decided`` for what is remembered too, when it comes again. May be called from any thread."""
        self._shows_again = True

    def decide(self, batch: Sequence[Message]) -> BatchResult:
        """Decide the records of a batch. See `Processor`."""
        if self._next is not None:
            cascade, self._next = self._next, None
            self._take(cascade)
            settle()
        if self._shows_again:
            self._shows_again = False
            self._cascade.forget()
            if self._native is not None:
                self._native.forget()
        rows = Rows()
        taken = size = 0
        until = self._clock() + BATCH_S
        while taken < len(batch):
            if taken and not (
                self._clock() < until and len(rows) < self._settings.batch_max_events and size < BATCH_BYTES
            ):
                break  # more than fits between two looks at the group: the rest is consumed again
            self._beat()
            part, read, read_bytes = self._part(batch, taken)
            rows.extend(part)
            taken += read
            size += read_bytes
        return BatchResult(rows, taken)

    def on_committed(self, result: BatchResult) -> None:
        """Do nothing: this lane learns nothing from a batch."""

    def pause_s(self) -> float:
        """Return 0: this lane never pauses."""
        return 0.0

    def _part(self, batch: Sequence[Message], start: int) -> tuple[Rows, int, int]:
        """Return what becomes of the next records, how many they are, and how many bytes those hold that hold several.

        What the native core knows it has labelled already; the others are read, as many as make a slice.
        """
        if self._native is None:
            return self._read(batch, start)
        records = batch[start : start + RECORDS]
        with self._metrics.stage("fast", "decode"):
            known, misses = self._native.label(records)
        if not misses:
            return known, len(records), 0
        rows, read, size = self._read([records[place] for place in misses], 0)
        rows, taken = merged(known, records, misses, rows, read)
        return rows, taken, size

    def _read(self, batch: Sequence[Message], start: int) -> tuple[Rows, int, int]:
        with self._metrics.stage("fast", "decode"):
            reading = self._reader.read(next_records(batch, start), SLICE_EVENTS, SLICE_BYTES)
        rows = self._at_once(reading.parts)
        if rows is None:
            rows = Rows(self._rows(reading.parts, reading.records))
        return rows, reading.records, reading.size

    def _at_once(self, parts: Sequence[Item | Row]) -> Rows | None:
        """Return what becomes of events that are the whole of their records, as columns.

        None where there are others, or where one of them cannot be borne: then each is looked at alone.
        """
        items = [part for part in parts if isinstance(part, Item) and part.part is None]
        if self._asks_llm or self._routes or not items or len(items) < len(parts):
            return None
        self._beat()
        topic, unreadable = self._output_topic, self._unreadable_headers
        try:
            verdicts = self._verdicts(items)
            with self._metrics.stage("fast", "encode"):
                if self._native is not None:
                    self._native.learn(zip(items, verdicts, strict=True))
                return labelled_rows(items, verdicts, self._labeller, topic, unreadable)
        except Exception:
            return None

    def _rows(self, parts: Sequence[Item | Row], records: int) -> list[Row]:
        """Return what becomes of all that so many records hold."""
        outcomes: list[Row | Labelled] = []
        dead_letter_topic = self._settings.dead_letter_topic
        canaries: list[Row] = []
        for part in slices(parts, records):
            self._beat()
            decided = apply_or_dead_letter(self._decided, part, self._sound, dead_letter_topic)
            if self._asks_llm:
                canaries += self._canary_rows(decided)
            outcomes += decided

        def on_error(item: Item, error: Exception) -> Row:
            return poisoned(dead_letter_topic, item, error)

        has_id = "event_id" in self._labeller.output_headers
        rows = put_together(outcomes, self._output_topic, on_error, has_id) + canaries
        return routed(rows, self._routes) if self._routes else rows

    def _decided(self, items: Sequence[Item]) -> list[Row | Labelled]:
        """Label events and encode what is published for each; one that a tier or the encoding cannot bear raises."""
        verdicts = self._verdicts(items)
        with self._metrics.stage("fast", "encode"):
            decided = [*zip(items, verdicts, self._waits(items, verdicts), strict=True)]
            if self._native is not None:
                self._native.learn((item, verdict) for item, verdict, waiting in decided if not waiting)
            alone = alone_values([item for item, _, waiting in decided if waiting])
            return [
                self._pending(item, next(alone), verdict) if waiting else self._labelled(item, verdict)
                for item, verdict, waiting in decided
            ]

    def _verdicts(self, items: Sequence[Item]) -> list[Verdict]:
        with self._metrics.stage("fast", "label"):
            verdicts = self._cascade.label([item.event for item in items])
        if self._on_decided is not None:
            self._on_decided(self._cascade.decided)
        return verdicts

    def _waits(self, items: Sequence[Item], verdicts: Sequence[Verdict]) -> Sequence[bool]:
        """Return which events the LLM is asked about."""
        if not self._asks_llm:
            return [False] * len(items)
        routes = self._cascade.bundle.routes
        return [
            verdict.tier == "none" and "llm" in routes.of(item.event.source)
            for item, verdict in zip(items, verdicts, strict=True)
        ]

    def _sound(self) -> None:
        (verdict,) = self._cascade.label([SOUND_EVENT])
        self._labeller.label(b"{}", [], "", verdict, "")

    def _labelled(self, item: Item, verdict: Verdict) -> Row | Labelled:
        topic, unreadable = self._output_topic, self._unreadable_headers
        return labelled_row(item, verdict, self._labeller, topic, self._keeps_form, unreadable)

    def _pending(self, item: Item, value: bytes | None, verdict: Verdict) -> Row:
        topic, partitions = self._settings.pending_topic, self._pending_partitions
        return pending_row(item, value, verdict, topic, partitions, self._unreadable_headers)

    def _unreadable_headers(self) -> Headers:
        self._metrics.headers_dropped.labels("fast").inc()
        return []

    def _canary_rows(self, outcomes: Sequence[Row | Labelled]) -> list[Row]:
        topic, partitions = self._settings.pending_topic, self._pending_partitions
        verdicts = ((each.verdict, each.source) for each in outcomes)
        canaries = self._canaries.of(verdicts, self._cascade.embedded)
        return [Row(canary_record(topic, canary, partitions)) for canary in canaries]
