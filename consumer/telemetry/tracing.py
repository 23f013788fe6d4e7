"""OpenTelemetry traces, where they are asked for: a span for each batch, and one in it for each stage.

A span has counts and names, never the text of a message. It is made when its batch is over, from the times that are
measured for the metrics. Where to send spans, with what headers, how many and under which name is set by
OpenTelemetry's own variables (``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_EXPORTER_OTLP_HEADERS``, ``OTEL_TRACES_SAMPLER``,
``OTEL_SERVICE_NAME`` ...).
"""

import logging
from collections.abc import Callable
from importlib.metadata import version
from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING

from consumer.errors import SettingsError
from consumer.log import get_logger

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_NS = 1_000_000_000


PUBLISHING = frozenset(("publish", "flush", "commit"))


class _Batch:
    """The stages of a batch of a lane, with start and end in seconds of `time.perf_counter`."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, float, float, bool]] = []
        self.events = 0


class Tracing:
    """Makes spans of batches. Each lane reports its own batches, from its own thread.

    ``bundle`` returns the version of the bundle in use.
    """

    def __init__(self, provider: "TracerProvider", bundle: Callable[[], str]) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("logsluice", version("logsluice"))
        self._bundle = bundle
        self._decided: dict[str, _Batch] = {}
        self._published: dict[str, _Batch] = {}

    def stage(self, lane: str, stage: str, start_s: float, end_s: float, failed: bool = False) -> None:
        """Record a stage that is over; ``consume`` begins a batch."""
        if stage == "consume":
            self._decided[lane] = _Batch()
        batches = self._published if stage in PUBLISHING else self._decided
        batch = batches.get(lane)
        if batch is not None:  # what is committed where nothing was consumed is of no batch
            batch.stages.append((stage, start_s, end_s, failed))

    def decided(self, lane: str) -> None:
        """Record that the batch that was consumed last is published from now on."""
        if lane in self._decided:
            self._published[lane] = self._decided.pop(lane)

    def over(self, lane: str, events: int) -> None:
        """Record that the batch that was published is over, and how many events it had."""
        batch = self._published.pop(lane, None)
        if batch is not None:
            batch.events = events
            self._send(lane, batch)

    def close(self) -> None:
        """Send what has not been sent, unfinished batches too; takes seconds where no collector answers."""
        for lane, batch in [*self._published.items(), *self._decided.items()]:
            self._send(lane, batch)
        self._provider.shutdown()

    def _send(self, lane: str, batch: _Batch) -> None:
        if len(batch.stages) < 2:
            return  # consumed, and there was nothing
        from opentelemetry.trace import StatusCode, set_span_in_context

        since_1970_ns = time_ns() - perf_counter_ns()

        def moment(seconds: float) -> int:
            return since_1970_ns + int(seconds * _NS)

        span = self._tracer.start_span(
            "batch",
            start_time=moment(batch.stages[0][1]),
            attributes={
                "messaging.system": "kafka",
                "messaging.batch.message_count": batch.events,
                "logsluice.lane": lane,
                "logsluice.bundle": self._bundle(),
            },
        )
        within = set_span_in_context(span)
        for stage, start_s, end_s, failed in batch.stages:
            child = self._tracer.start_span(stage, within, start_time=moment(start_s))
            if failed:
                child.set_status(StatusCode.ERROR)
                span.set_status(StatusCode.ERROR, f"{stage} failed")
            child.end(moment(end_s))
        span.end(moment(batch.stages[-1][2]))


def otlp_tracing(bundle: Callable[[], str]) -> Tracing:
    """Return a tracing that sends spans over OTLP/HTTP, from a thread of its own.

    Raises:
        SettingsError: OpenTelemetry is not installed, or its variables are wrong.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise SettingsError(
            "LOGSLUICE_TRACING is otlp and OpenTelemetry is not installed: install logsluice[tracing], or set it to off"
        ) from None
    log = logging.getLogger("opentelemetry")
    log.handlers, log.propagate = [_OurLog(logging.WARNING)], False
    try:
        ours = Resource.create({"service.name": "logsluice", "service.version": version("logsluice")})
        provider = TracerProvider(
            resource=ours.merge(OTELResourceDetector().detect()), shutdown_on_exit=False
        )
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    except ValueError as error:
        raise SettingsError(
            f"tracing cannot start, a variable of OpenTelemetry (OTEL_...) is wrong: {error}"
        ) from error
    return Tracing(provider, bundle)


class _OurLog(logging.Handler):
    """Puts the messages of OpenTelemetry, such as of a collector that does not answer, among our own logs."""

    def emit(self, record: logging.LogRecord) -> None:
        get_logger().warning("tracing", detail=record.getMessage())
