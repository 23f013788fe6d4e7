"""The whole path with nothing left out: events in a real Kafka, logsluice, a real Prometheus, an alert that fires."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from kafka_server import KafkaMissingError, KafkaServer, wait_until
from metric_names import LLM, exposed, selectors
from processes import Prometheus, logsluice, prometheus, shipping
from test_grafana import QUERIES

from pipeline.bundle import default_bundle, read_bundle

SOURCES = "sshd,auditd,linux-kernel,nginx,postgresql"
USUAL = 0.3
"""Events a second of each label in the past day."""

# What has a value only at times; promtool's cases cover it.
AT_TIMES = {"job_lane:logsluice_consumer_lag:catch_up_seconds"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prometheus, dict[str, str], Path]]:
    """Kafka, logsluice and Prometheus with a day of past; the environment for a shipper, and where to log."""
    directory = tmp_path_factory.mktemp("stack")
    try:
        kafka = KafkaServer(directory / "kafka").start()
    except KafkaMissingError as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    environment = {
        "LOGSLUICE_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "LOGSLUICE_METRIC_SOURCES": SOURCES,
    }
    with ExitStack() as cleanup:
        cleanup.callback(kafka.stop)
        port = cleanup.enter_context(logsluice(directory, environment))
        server = cleanup.enter_context(prometheus(directory, port, past=_past()))
        cleanup.enter_context(shipping(directory, environment, "--rate", "20"))
        yield server, environment, directory


@pytest.mark.timeout(600)
def test_a_burst_of_security_alerts_is_pending_and_then_fires(
    stack: tuple[Prometheus, dict[str, str], Path],
) -> None:
    server, environment, directory = stack
    burst = '{label="Security Alert", source="sshd"}'
    wait_until(
        lambda: bool(server.query(f"job_label_source:logsluice_events_labelled:rate2m_p95_1d{burst}")),
        "the past is recorded",
        120,
    )
    wait_until(
        lambda: _value(server, f"logsluice_events_labelled_total{burst}") > 0, "an event is labelled", 120
    )
    assert _states(server) == set(), "quiet while everything is as usual"

    with shipping(directory, environment, "--rate", "40", "--label", "Security Alert", "--source", "sshd"):
        wait_until(lambda: _states(server) == {"pending"}, "the alert is pending", 90)
        wait_until(lambda: _states(server) == {"firing"}, "the alert fires", 120)
    [alert] = server.alerts("LogsluiceLabelBurst")
    assert alert["labels"]["severity"] == "critical"
    assert alert["annotations"]["summary"] == "Burst of Security Alert from sshd"

    # With everything in motion, no panel of the dashboards is empty.
    empty = {
        f"{dashboard}: {title}: {expression}"
        for dashboard, title, expression in QUERIES
        if not _may_be_empty(expression) and not server.query(expression)
    }
    assert empty == set()


def _value(server: Prometheus, expression: str) -> float:
    return sum(float(series["value"][1]) for series in server.query(expression))


def _states(server: Prometheus) -> set[str]:
    """Return the states of the alert for the burst, which is all that may cause one."""
    alerts = server.alerts("LogsluiceLabelBurst")
    assert {(alert["labels"]["label"], alert["labels"]["source"]) for alert in alerts} <= {
        ("Security Alert", "sshd")
    }
    return {alert["state"] for alert in alerts}


def _may_be_empty(expression: str) -> bool:
    names = {selector.name for selector in selectors(expression)}
    return bool(names & (AT_TIMES | (set(LLM) - set(exposed()))))


def _past() -> str:
    """Return what the rules recorded in the past 26 hours: a quiet day, and the same hour of yesterday."""
    now = int(time.time())
    lines = []
    for name, labels in (
        ("job_label_source:logsluice_events_labelled:rate2m", 'source="sshd",'),
        ("job_label:logsluice_events_labelled:rate2m", ""),
    ):
        lines.append(f"# TYPE {name} gauge")
        for label in read_bundle(default_bundle()).labels:
            lines += [
                f'{name}{{job="logsluice",{labels}label="{label}"}} {USUAL} {moment}'
                for moment in range(now - 26 * 3600, now - 30, 60)
            ]
    return "\n".join([*lines, "# EOF", ""])
