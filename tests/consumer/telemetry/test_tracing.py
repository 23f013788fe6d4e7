"""Traces of batches, in memory; and how a run says that OpenTelemetry is missing."""

import json
import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from consumer.telemetry.metrics import Metrics
from consumer.telemetry.tracing import Tracing, otlp_tracing
from tests.support.otlp_collector import collecting

BUNDLE = "default@3f9c2a1"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def metrics(exporter: InMemorySpanExporter) -> Metrics:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    metrics = Metrics(("Error", "Unclassified"))
    metrics.tracing = Tracing(provider, lambda: BUNDLE)
    return metrics


def batch(metrics: Metrics, events: int) -> None:
    with metrics.stage("fast", "consume"):
        pass
    with metrics.stage("fast", "decode"):
        pass
    decided(metrics)
    with metrics.stage("fast", "commit"):
        pass
    metrics.count_consumed("fast", events)


def decided(metrics: Metrics) -> None:
    assert metrics.tracing is not None
    metrics.tracing.decided("fast")


def close(metrics: Metrics) -> None:
    assert metrics.tracing is not None
    metrics.tracing.close()


def parts(spans: tuple[ReadableSpan, ...]) -> tuple[list[ReadableSpan], list[ReadableSpan]]:
    return [span for span in spans if span.parent is None], [
        span for span in spans if span.parent is not None
    ]


def test_a_batch_is_a_span_with_its_stages_in_it(metrics: Metrics, exporter: InMemorySpanExporter) -> None:
    batch(metrics, 250)
    close(metrics)
    [whole], stages = parts(exporter.get_finished_spans())
    assert whole.name == "batch"
    assert dict(whole.attributes or {}) == {
        "messaging.system": "kafka",
        "messaging.batch.message_count": 250,
        "logsluice.lane": "fast",
        "logsluice.bundle": BUNDLE,
    }
    assert [stage.name for stage in stages] == ["consume", "decode", "commit"]
    moments = [whole.start_time]
    for stage in stages:
        assert stage.parent is not None
        assert stage.parent.span_id == whole.context.span_id
        assert stage.context.trace_id == whole.context.trace_id
        assert not stage.attributes
        moments += [stage.start_time, stage.end_time]
    assert moments == sorted(moments, key=lambda moment: moment or 0)
    assert moments[0] == moments[1]
    assert whole.end_time == moments[-1]


def test_each_batch_has_a_trace_and_waiting_for_events_has_none(
    metrics: Metrics, exporter: InMemorySpanExporter
) -> None:
    batch(metrics, 1)
    for _ in range(5):
        with metrics.stage("fast", "consume"), metrics.stage("slow", "consume"):
            pass
    batch(metrics, 2)
    close(metrics)
    whole, _ = parts(exporter.get_finished_spans())
    assert [(span.attributes or {})["messaging.batch.message_count"] for span in whole] == [1, 2]
    assert len({span.context.trace_id for span in whole}) == 2


def test_a_batch_keeps_its_stages_while_the_next_one_is_decided(
    metrics: Metrics, exporter: InMemorySpanExporter
) -> None:
    with metrics.stage("fast", "consume"):
        pass
    decided(metrics)
    with metrics.stage("fast", "publish"):
        with metrics.stage("fast", "consume"):
            pass
        with metrics.stage("fast", "decode"):
            pass
    with metrics.stage("fast", "commit"):
        pass
    metrics.count_consumed("fast", 3)
    close(metrics)
    first, second = (whole.context.trace_id for whole in parts(exporter.get_finished_spans())[0])
    stages = [(span.context.trace_id, span.name) for span in parts(exporter.get_finished_spans())[1]]
    assert [name for trace, name in stages if trace == first] == ["consume", "publish", "commit"]
    assert [name for trace, name in stages if trace == second] == ["consume", "decode"]


def test_a_batch_that_fails_says_where(metrics: Metrics, exporter: InMemorySpanExporter) -> None:
    with metrics.stage("fast", "consume"):
        pass
    decided(metrics)
    with pytest.raises(RuntimeError), metrics.stage("fast", "flush"):
        raise RuntimeError("a message that nobody is to see")
    close(metrics)
    [whole], [consume, flush] = parts(exporter.get_finished_spans())
    assert (whole.status.status_code, whole.status.description) == (StatusCode.ERROR, "flush failed")
    assert flush.status.status_code is StatusCode.ERROR
    assert consume.status.status_code is StatusCode.UNSET
    assert "nobody is to see" not in "".join(span.to_json() for span in (whole, consume, flush))


def test_spans_reach_a_collector_over_otlp(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
        metrics = Metrics(("Error", "Unclassified"))
        metrics.tracing = otlp_tracing(lambda: BUNDLE)
        batch(metrics, 7)
        close(metrics)
    [received] = collector.received
    attributes = {each.key: each.value.string_value for each in received.resource.attributes}
    assert attributes["service.name"] == "logsluice"
    assert attributes["deployment.environment.name"] == "test"
    assert sorted(span.name for span in collector.spans) == ["batch", "commit", "consume", "decode"]


def run(code: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return result.stdout


def test_without_tracing_nothing_of_opentelemetry_is_loaded() -> None:
    code = "import sys, json, consumer.service; print(json.dumps([n for n in sys.modules if 'opentelemetry' in n]))"
    assert json.loads(run(code)) == []


def test_where_it_is_not_installed_a_sentence_says_what_to_do() -> None:
    code = (
        "import sys\n"
        "sys.modules['opentelemetry'] = None\n"
        "from consumer.errors import SettingsError\n"
        "from consumer.telemetry.tracing import otlp_tracing\n"
        "try:\n"
        "    otlp_tracing(str)\n"
        "except SettingsError as error:\n"
        "    print(error.exit_code, error)\n"
    )
    assert run(code).strip() == (
        "3 LOGSLUICE_TRACING is otlp and OpenTelemetry is not installed: install logsluice[tracing], or set it to off"
    )
