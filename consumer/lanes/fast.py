"""The fast lane's processor: raw records in, labelled ones out, and to the pending topic what only the LLM can tell."""

from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from zlib import crc32

import msgspec
from confluent_kafka import Message

from consumer.garbage import settle
from consumer.lanes.contract import BatchResult, Intake
from consumer.lanes.isolation import SOUND_EVENT, apply_or_dead_letter
from consumer.lanes.work import slices
from consumer.records.dead_letter import dead_row
from consumer.records.decoding import Decode, decoder
from consumer.records.incoming import event_id, headers_of, timestamp_ms_of
from consumer.records.labelled import Labeller
from consumer.records.outgoing import Headers, OutgoingRecord, Row
from consumer.records.pending import Canary, canary_record, pending_of, pending_record
from consumer.records.reasons import UndecodableError
from consumer.records.verdict import now_ms
from consumer.settings import Settings
from consumer.telemetry.metrics import Lane, Metrics
from pipeline.cache import BoundedCache, weight_of
from pipeline.cascade import Cascade
from pipeline.event import Event
from pipeline.verdict import Verdict


class Item(msgspec.Struct, frozen=True, gc=False):
    """A record whose event is to be labelled."""

    event: Event
    message: Message


def fast_intake(settings: Settings) -> Intake:
    """Return what the fast lane reads."""
    return Intake(
        settings.group_id,
        settings.input_topic,
        settings.batch_max_events,
        settings.batch_max_wait_ms / 1000,
    )


def labeller(settings: Settings, cascade: Cascade) -> Labeller:
    """Return what turns verdicts of a cascade into records."""
    return Labeller(
        cascade.bundle.version, settings.input_format, settings.source_field, settings.message_field
    )


class FastProcessor:
    """Decodes, labels and encodes. ``pending_partitions`` is how many partitions the pending topic has, or 0."""

    lane: Lane = "fast"

    def __init__(
        self,
        settings: Settings,
        cascade: Cascade,
        metrics: Metrics,
        pending_partitions: int = 0,
        beat: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._settings = settings
        self._cascade = cascade
        self._next: Cascade | None = None
        self._metrics = metrics
        self._beat = beat
        self._clock = clock
        self._decode: Decode = decoder(settings.input_format, settings.source_field, settings.message_field)
        self._labeller = labeller(settings, cascade)
        self._asks_llm = settings.llm.enabled
        self._pending_partitions = pending_partitions
        self._canaries_sent: BoundedCache[str, bool] = BoundedCache(
            100_000, lambda template, _: weight_of(template)
        )

    def swap_bundle(self, cascade: Cascade) -> None:
        """Label with another bundle from the next batch on. May be called from any thread."""
        self._next = cascade

    def decide(self, batch: Sequence[Message]) -> BatchResult:
        """Decide the records of a batch. See `Processor`."""
        if self._next is not None:
            self._cascade, self._next = self._next, None
            self._labeller = labeller(self._settings, self._cascade)
            settle()
        rows: list[Row] = []
        taken = 0
        for part in slices(batch, self._beat, self._clock):
            rows += self._rows(part)
            taken += len(part)
        return BatchResult(rows, taken)

    def on_committed(self, result: BatchResult) -> None:
        """Do nothing: this lane learns nothing from a batch."""

    def pause_s(self) -> float:
        """Return 0: this lane never pauses."""
        return 0.0

    def _rows(self, part: Sequence[Message]) -> list[Row]:
        with self._metrics.stage("fast", "decode"):
            items = [self._item_or_dead(message) for message in part]
        rows = apply_or_dead_letter(self._decided, items, self._sound, self._settings.dead_letter_topic)
        return [*rows, *self._canaries(rows)] if self._asks_llm else rows

    def _item_or_dead(self, message: Message) -> Item | Row:
        try:
            return Item(self._decode(message.value()), message)
        except UndecodableError as error:
            return dead_row(self._settings.dead_letter_topic, message, error.reason)

    def _decided(self, items: Sequence[Item]) -> list[Row]:
        """Label events and encode what is published for each; one that a tier or the encoding cannot bear raises."""
        with self._metrics.stage("fast", "label"):
            verdicts = self._cascade.label([item.event for item in items])
        with self._metrics.stage("fast", "encode"):
            return [self._row(item, verdict) for item, verdict in zip(items, verdicts, strict=True)]

    def _sound(self) -> None:
        (verdict,) = self._cascade.label([SOUND_EVENT])
        self._labeller.label(b"{}", [], SOUND_EVENT, verdict, "")

    def _row(self, item: Item, verdict: Verdict) -> Row:
        message, source = item.message, item.event.source
        headers = headers_of(message)
        if headers is None:
            self._metrics.headers_dropped.labels("fast").inc()
            headers = []
        if self._asks_llm and verdict.tier == "none" and "llm" in self._cascade.bundle.routes.of(source):
            return Row(self._pending(message, headers, source, verdict), message)
        value, labelled_headers = self._labeller.label(
            message.value() or b"", headers, item.event, verdict, event_id(message)
        )
        record = OutgoingRecord(
            self._settings.output_topic, value, message.key(), labelled_headers, timestamp_ms_of(message)
        )
        return Row(record, message, verdict, source)

    def _pending(self, message: Message, headers: Headers, source: str, verdict: Verdict) -> OutgoingRecord:
        pending = pending_of(verdict, event_id(message), timestamp_ms_of(message), now_ms())
        return pending_record(
            self._settings.pending_topic,
            message,
            headers,
            pending,
            verdict.template,
            source,
            self._pending_partitions,
        )

    def _canaries(self, rows: Sequence[Row]) -> Iterator[Row]:
        """Yield the questions about a share of what the embedding tier was asked for the first time."""
        limit = self._settings.llm.canary * 2**32
        embedded = {id(verdict) for verdict in self._cascade.embedded}
        for row in rows:
            verdict = row.verdict
            if verdict is None or verdict.tier != "embedding" or id(verdict) not in embedded:
                continue
            # By the template's own checksum, so that every replica picks the same ones.
            template = verdict.template
            picked = crc32(template.encode("utf-8", "surrogatepass")) < limit
            if not picked or self._canaries_sent[template]:
                continue
            self._canaries_sent.put(template, True)
            canary = Canary(template, row.source, verdict.label)
            yield Row(canary_record(self._settings.pending_topic, canary, self._pending_partitions))
