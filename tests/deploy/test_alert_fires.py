"""The whole path: events in a real Kafka, logsluice, a real Prometheus, an alert that fires."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.bundle import default_bundle, read_bundle
from tests.deploy.conftest import SOURCE, Service
from tests.deploy.metric_names import selectors
from tests.deploy.processes import Prometheus, prometheus, shipping
from tests.deploy.test_grafana import QUERIES
from tests.support.kafka_server import wait_until

USUAL = 1.0
"""Events a second of each label in the past day."""

PATIENCE_S = 120.0
"""A busy machine needs long for its first embeddings."""

# What has a value only at times; promtool's cases cover it.
AT_TIMES = {
    "job_lane:logsluice_consumer_lag:catch_up_seconds",
    # Of a shadow bundle, an LLM, a console's store and the week before, none of which this stack has.
    "logsluice_shadow_events_total",
    "job:logsluice_shadow_events:agreement_rate6h",
    "job_label:logsluice_shadow_events:agreement_rate6h",
    "job:logsluice_llm_canary:agreement_rate1d",
    "job:logsluice_label_mix:distance_1w",
    "job:logsluice_store_events_new:ratio_rate6h",
}


Stack = tuple[Prometheus, dict[str, str], Path]


@pytest.fixture
def stack(service: Service, tmp_path: Path) -> Iterator[Stack]:
    """Kafka, logsluice and Prometheus with a day of past; the environment for a shipper, and where to log."""
    usual = ("--rate", "2", "--source", SOURCE)
    with (
        prometheus(tmp_path, service.port, past=_past()) as server,
        shipping(tmp_path, service.environment, *usual),
    ):
        yield server, service.environment, tmp_path


@pytest.mark.timeout(600)
def test_a_burst_of_security_alerts_is_pending_and_then_fires(stack: Stack) -> None:
    server, environment, directory = stack
    burst = f'{{label="Security Alert", source="{SOURCE}"}}'
    wait_until(
        lambda: bool(server.query(f"job_label_source:logsluice_events_labelled:rate2m_p95_1d{burst}")),
        "the past is recorded",
        PATIENCE_S,
    )
    wait_until(
        lambda: _value(server, f"logsluice_events_labelled_total{burst}") > 0,
        "an event is labelled",
        PATIENCE_S,
    )
    assert _states(server) == set(), "quiet while everything is as usual"

    with shipping(directory, environment, "--rate", "200", "--source", SOURCE, "--label", "Security Alert"):
        wait_until(lambda: _states(server) == {"pending"}, "the alert is pending", PATIENCE_S)
        wait_until(lambda: _states(server) == {"firing"}, "the alert fires", PATIENCE_S)
    [alert] = server.alerts("LogsluiceLabelBurst")
    assert alert["labels"]["severity"] == "critical"
    assert alert["annotations"]["summary"] == f"Burst of Security Alert from {SOURCE}"

    # With everything in motion, no panel of the dashboards is empty.
    with suppress(TimeoutError):
        wait_until(lambda: not _empty_panels(server), "every panel has data", 30)
    assert _empty_panels(server) == set()


def _value(server: Prometheus, expression: str) -> float:
    return sum(float(series["value"][1]) for series in server.query(expression))


def _states(server: Prometheus) -> set[str]:
    """Return the states of the alert for the burst, which is all that may cause one."""
    alerts = server.alerts("LogsluiceLabelBurst")
    assert {(alert["labels"]["label"], alert["labels"]["source"]) for alert in alerts} <= {
        ("Security Alert", SOURCE)
    }
    return {alert["state"] for alert in alerts}


def _empty_panels(server: Prometheus) -> set[str]:
    return {
        f"{dashboard}: {title}: {expression}"
        for dashboard, title, expression in QUERIES
        if not AT_TIMES & {selector.name for selector in selectors(expression)}
        and not server.query(expression)
    }


def _past() -> str:
    """Return what the rules recorded in the past 26 hours: a quiet day, and the same hour of yesterday."""
    now = int(time.time())
    lines = []
    for name, labels in (
        ("job_label_source:logsluice_events_labelled:rate2m", f'source="{SOURCE}",'),
        ("job_label:logsluice_events_labelled:rate2m", ""),
    ):
        lines.append(f"# TYPE {name} gauge")
        for label in read_bundle(default_bundle()).labels:
            lines += [
                f'{name}{{job="logsluice",{labels}label="{label}"}} {USUAL} {moment}'
                for moment in range(now - 26 * 3600, now - 30, 60)
            ]
    return "\n".join([*lines, "# EOF", ""])
