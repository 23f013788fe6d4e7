"""The fast lane by the native core and by Python alone, side by side."""

from collections.abc import Sequence
from typing import Any

import msgspec
from confluent_kafka import Message

from consumer.lanes.fast import FastProcessor
from consumer.records.outgoing import Row
from consumer.settings import Settings
from consumer.telemetry.metrics import Metrics
from pipeline.cascade import Cascade


class Both:
    """Two fast lanes of one cascade, which differ in what they run on alone.

    Their clock stands still: what a busy machine does not get done within the time of a batch is no difference.
    """

    def __init__(self, cascade: Cascade, **settings: Any) -> None:
        def lane(core: str) -> FastProcessor:
            given = Settings.model_validate({**settings, "core": core})
            metrics = Metrics(cascade.bundle.labels)
            return FastProcessor(given, cascade, metrics, 4, clock=lambda: 0.0)

        self.native, self.python = lane("native"), lane("python")

    def hits(self, batch: Sequence[Message]) -> int:
        """Return how many records the native core knows by now."""
        assert self.native._native is not None
        return len(batch) - len(self.native._native.label(batch)[1])

    def assert_equal(self, batch: Sequence[Message]) -> None:
        """Decide a batch by both, twice, so that the core has learned what it may; all of it is the same."""
        decided = self.python.decide(batch)
        assert decided.taken == len(batch)
        expected = [_plain(row) for row in decided.rows]
        for _ in range(2):
            decided = self.native.decide(batch)
            assert decided.taken == len(batch)
            assert [_plain(row) for row in decided.rows] == expected
        assert _headers_dropped(self.native) == 2 * _headers_dropped(self.python)


def _plain(row: Row) -> Any:
    """Return all that a row says, but for times of sending."""
    record = msgspec.structs.astuple(row.record)
    headers = [header for header in row.record.headers if header[0] != "logsluice_pending"]
    rest = (row.verdict, row.source, row.reason, row.severity, row.part is None, row.withheld)
    return (
        record[:3],
        headers,
        record[4:],
        id(row.message),
        *rest,
        [_plain(each) for each in row.events()[1:]],
    )


def _headers_dropped(lane: FastProcessor) -> float:
    name = "logsluice_headers_dropped_total"
    return lane._metrics.registry.get_sample_value(name, {"lane": "fast"}) or 0.0
