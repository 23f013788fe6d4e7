"""The fast lane's decider: raw records in, labelled ones out, and to the pending topic what only the LLM can tell."""

from collections.abc import Iterator, Sequence
from zlib import crc32

from confluent_kafka import Message

from consumer.garbage import settle
from consumer.lanes.contract import Decided, Intake
from consumer.lanes.isolation import SOUND_EVENT, each_decided, poisoned
from consumer.records.dead_letter import Dead
from consumer.records.decoding import Decode, UndecodableError, decoder
from consumer.records.incoming import event_id, headers_of
from consumer.records.labelled import Labeller
from consumer.records.outgoing import OutgoingRecord
from consumer.records.pending import Canary, canary_record, pending_of, pending_record
from consumer.records.verdict import now_ms
from consumer.settings import Settings
from consumer.telemetry.metrics import Lane, Metrics
from pipeline.cache import BoundedCache, weight_of
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


def labeller(settings: Settings, cascade: Cascade) -> Labeller:
    """Return what turns verdicts of a cascade into records."""
    return Labeller(
        cascade.bundle.version, settings.input_format, settings.source_field, settings.message_field
    )


class FastDecider:
    """Decodes and labels. ``pending_partitions`` is how many partitions the pending topic has, 0 if it has no use."""

    lane: Lane = "fast"

    def __init__(
        self, settings: Settings, cascade: Cascade, metrics: Metrics, pending_partitions: int = 0
    ) -> None:
        self._settings = settings
        self._cascade = cascade
        self._next: Cascade | None = None
        self._metrics = metrics
        self._decode: Decode = decoder(settings.input_format, settings.source_field, settings.message_field)
        self._labeller = labeller(settings, cascade)
        self._asks_llm = settings.llm.enabled
        self._pending_partitions = pending_partitions
        self._canaries_sent: BoundedCache[str, bool] = BoundedCache(
            100_000, lambda template, _: weight_of(template)
        )

    def use(self, cascade: Cascade) -> None:
        """Label with another bundle from the next batch on. May be called from any thread."""
        self._next = cascade

    def decide(self, batch: Sequence[Message]) -> Decided:
        """Decide every record of a batch."""
        if self._next is not None:
            self._cascade, self._next = self._next, None
            self._labeller = labeller(self._settings, self._cascade)
            settle()
        with self._metrics.stage("fast", "decode"):
            messages, events, dead = self._decoded(batch)
        with self._metrics.stage("fast", "label"):
            messages, events, verdicts, poison = self._labelled_or_dead(messages, events)
            dead += poison
        extra: list[OutgoingRecord] = []
        pending = 0
        if self._asks_llm:
            extra += self._canaries(events, verdicts)
            waits = [
                verdict.tier == "none" and "llm" in self._cascade.bundle.routes.of(event.source)
                for event, verdict in zip(events, verdicts, strict=True)
            ]
            pending = sum(waits)
            if pending:
                rows = list(zip(messages, events, verdicts, waits, strict=True))
                extra += [self._pending(*row[:3]) for row in rows if row[3]]
                rows = [row for row in rows if not row[3]]
                messages, events = [row[0] for row in rows], [row[1] for row in rows]
                verdicts = [row[2] for row in rows]
        written_ms = [max(message.timestamp()[1], 0) for message in messages]
        records = self._labelled(messages, events, verdicts, written_ms, extra)
        return Decided(messages, events, verdicts, written_ms, records, dead, pending)

    def done(self, decided: Decided) -> None:
        """Take note of a batch that is committed."""

    def rest_s(self) -> float:
        """Return 0: this lane never rests."""
        return 0.0

    def _decoded(self, batch: Sequence[Message]) -> tuple[list[Message], list[Event], list[Dead]]:
        """Return the records that hold an event, their events, and the records that hold none, with the reason."""
        messages, events, dead = [], [], []
        for message in batch:
            try:
                events.append(self._decode(message.value()))
                messages.append(message)
            except UndecodableError as error:
                dead.append(Dead(message, error.reason))
        return messages, events, dead

    def _labelled_or_dead(
        self, messages: list[Message], events: list[Event]
    ) -> tuple[list[Message], list[Event], list[Verdict], list[Dead]]:
        """Label a batch. An event that makes a tier raise is dead, and the rest goes on."""
        outcomes = each_decided(self._cascade.label, events, SOUND_EVENT)
        verdicts = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
        if len(verdicts) == len(events):
            return messages, events, verdicts, []
        rows = list(zip(messages, events, outcomes, strict=True))
        return (
            [message for message, _, outcome in rows if not isinstance(outcome, Exception)],
            [event for _, event, outcome in rows if not isinstance(outcome, Exception)],
            verdicts,
            [poisoned(message, outcome) for message, _, outcome in rows if isinstance(outcome, Exception)],
        )

    def _labelled(
        self,
        messages: Sequence[Message],
        events: Sequence[Event],
        verdicts: Sequence[Verdict],
        written_ms: Sequence[int],
        extra: Sequence[OutgoingRecord],
    ) -> Iterator[OutgoingRecord]:
        topic, label = self._settings.output_topic, self._labeller.label
        for message, event, verdict, timestamp_ms in zip(messages, events, verdicts, written_ms, strict=True):
            value, headers = label(
                message.value() or b"", headers_of(message) or [], event, verdict, event_id(message)
            )
            yield OutgoingRecord(topic, value, message.key(), headers, timestamp_ms, of=message)
        yield from extra

    def _pending(self, message: Message, event: Event, verdict: Verdict) -> OutgoingRecord:
        pending = pending_of(verdict, event_id(message), max(message.timestamp()[1], 0), now_ms())
        return pending_record(
            self._settings.pending_topic,
            message,
            headers_of(message) or [],
            pending,
            verdict.template,
            event.source,
            self._pending_partitions,
        )

    def _canaries(self, events: Sequence[Event], verdicts: Sequence[Verdict]) -> Iterator[OutgoingRecord]:
        """Yield the questions about a share of what the embedding tier was asked for the first time."""
        limit = self._settings.llm.canary * 2**32
        for verdict in self._cascade.embedded:
            # By the template's own checksum, so that every replica picks the same ones.
            template = verdict.template
            picked = crc32(template.encode("utf-8", "surrogatepass")) < limit
            if verdict.tier != "embedding" or not picked or self._canaries_sent[template]:
                continue
            self._canaries_sent.put(template, True)
            source = next(
                (event.source for event, each in zip(events, verdicts, strict=True) if each is verdict), None
            )
            if source is None:
                continue  # of the sound event, where poison was looked for
            canary = Canary(template, source, verdict.label)
            yield canary_record(self._settings.pending_topic, canary, self._pending_partitions)
