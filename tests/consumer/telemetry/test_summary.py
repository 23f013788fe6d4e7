from typing import Any

import pytest
from structlog.testing import capture_logs

from consumer.telemetry.health import Health
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.summary import EVERY_S, SummaryLog
from pipeline.verdict import Verdict


class World:
    def __init__(self) -> None:
        self.now = 0.0
        self.health = Health(lambda: self.now)
        self.metrics = Metrics(("Error", "Unclassified"), ("CRM",))
        self.metrics.show_bundle("mine@1")
        self.log = SummaryLog(self.metrics, self.health, {"topics": ["logs.raw"]}, lambda: self.now)

    def looked(self, at: float) -> list[dict[str, Any]]:
        """Return what is logged when it looks at a time."""
        self.now = at
        with capture_logs() as entries:
            self.log.look()
        return [dict(entry) for entry in entries]


@pytest.fixture
def world() -> World:
    return World()


def test_ready_is_logged_once_with_what_is_read(world: World) -> None:
    world.health.set_unready("bundle", "loading")
    assert world.looked(1) == []
    world.health.clear("bundle")
    assert world.looked(2) == [
        {"event": "ready", "log_level": "info", "topics": ["logs.raw"], "bundle": "mine@1"}
    ]
    assert world.looked(3) == []


def test_readiness_that_is_lost_is_logged_with_its_reasons(world: World) -> None:
    world.looked(1)
    world.health.set_unready("broker", "no broker can be reached")
    (lost,) = world.looked(2)
    assert (lost["event"], lost["reasons"]) == ("not ready", {"broker": "no broker can be reached"})
    assert world.looked(3) == []
    world.health.clear("broker")
    assert [entry["event"] for entry in world.looked(4)] == ["ready"]


def test_a_line_a_minute_has_the_counts_of_that_minute(world: World) -> None:
    world.looked(1)
    error, unsure = Verdict("Error", 1.0, "rules", "t"), Verdict("Unclassified", 0.3, "none", "u")
    world.metrics.count_consumed("fast", 5)
    world.metrics.count_labelled(["CRM", "b"], [error, unsure])
    world.metrics.count_pending("fast", 2)
    world.metrics.dead.labels("not_json").inc()
    world.metrics.lag.labels("fast", "logs.raw", 0).set(7)
    world.metrics.lag.labels("fast", "logs.raw", 1).set(1)
    assert world.looked(EVERY_S - 1) == []
    counts = {"consumed": 5, "labelled": 2, "pending": 2, "dead": 1, "lag": 8, "ready": True}
    assert world.looked(EVERY_S) == [{"event": "events", "log_level": "info", **counts}]
    assert world.looked(EVERY_S + 1) == []
    (second,) = world.looked(2 * EVERY_S)
    assert (second["labelled"], second["lag"]) == (0, 8)
