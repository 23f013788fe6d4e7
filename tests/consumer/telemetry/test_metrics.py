from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from consumer.records.reasons import REASONS
from consumer.telemetry.batch_histogram import BatchHistogram
from consumer.telemetry.metrics import Metrics
from pipeline.verdict import TIERS, Verdict

LABELS = ("Error", 'Odd "label"\\\n', "Unclassified")


def scrape(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return every series as Prometheus would read it."""
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def labelled(metrics: Metrics) -> dict[tuple[str, str, str], float]:
    return {
        tuple(value for _, value in labels): value  # type: ignore[misc]
        for (name, labels), value in scrape(metrics).items()
        if name == "logsluice_events_labelled_total"
    }


@pytest.mark.parametrize("sources", [(), ("CRM", "Billing System")])
def test_every_series_of_a_label_is_there_at_zero_from_the_start(sources: tuple[str, ...]) -> None:
    expected = product(LABELS, (*sources, "other"), TIERS)
    assert labelled(Metrics(LABELS, sources)) == dict.fromkeys(expected, 0)


def test_every_other_series_is_there_from_the_start() -> None:
    series = scrape(Metrics(LABELS))
    for reason in REASONS:
        assert series["logsluice_dead_letters_total", (("reason", reason),)] == 0
    for stage in ("consume", "decode", "label", "publish", "flush", "commit"):
        assert series["logsluice_batch_seconds_count", (("lane", "fast"), ("stage", stage))] == 0
    assert series["logsluice_events_consumed_total", (("lane", "fast"),)] == 0
    for kind in ("quiet_critical", "loud_routine"):
        assert series["logsluice_severity_disagreements_total", (("kind", kind),)] == 0
    for name in ("events_pending_total", "event_age_seconds_count", "memory_verdicts", "ready"):
        assert series[f"logsluice_{name}", ()] == 0


def test_no_series_says_when_another_was_created() -> None:
    assert not [name for name, _ in scrape(Metrics(LABELS, ("CRM",))) if name.endswith("_created")]


def test_names_are_those_that_dashboards_stand_on() -> None:
    names = {name for name, _ in scrape(Metrics(LABELS)) if name.startswith("logsluice_")}
    bare = {name for name in names if not name.endswith(("_total", "_bucket", "_sum", "_count"))}
    assert bare == {
        "logsluice_memory_verdicts",
        "logsluice_ready",
        "logsluice_llm_circuit_open",
        "logsluice_llm_budget_exhausted",
        "logsluice_llm_refused",
        "logsluice_pending_age_seconds",
        "logsluice_shadow_queue",
    }
    assert "logsluice_events_pending_total" in names


def test_a_batch_is_counted_by_label_tier_and_named_source() -> None:
    metrics = Metrics(LABELS, ("CRM",))
    rule, guess = Verdict("Error", 1.0, "rules", "t"), Verdict("Unclassified", 0.3, "none", "t")
    metrics.count_labelled(["CRM", "crm", "CRM"], [rule, rule, guess])
    metrics.count_labelled(["CRM"], [rule])
    metrics.count_labelled([], [])
    counted = {series: value for series, value in labelled(metrics).items() if value}
    assert counted == {
        ("Error", "CRM", "rules"): 2,
        ("Error", "other", "rules"): 1,
        ("Unclassified", "CRM", "none"): 1,
    }


def test_severities_that_are_far_from_the_label_are_counted() -> None:
    metrics = Metrics(LABELS)
    quiet = [("info", "Critical Error"), ("debug", "Security Alert"), ("notice", "Security Alert")]
    loud = [("error", "User Action"), ("critical", "System Notification"), ("warning", "User Action")]
    metrics.count_severities([*quiet, *loud, ("error", "Critical Error"), ("info", "System Notification")])
    series = scrape(metrics)
    for kind in ("quiet_critical", "loud_routine"):
        assert series["logsluice_severity_disagreements_total", (("kind", kind),)] == 2


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(), max_size=20))
def test_a_source_cannot_make_series_of_its_own(sources: list[str]) -> None:
    hostile = [*sources, "", "other", 'x"} 1\nlogsluice_events_labelled_total{label="Error', "é" * 5_000]
    for metrics in (Metrics(LABELS), Metrics(LABELS, ("CRM",))):
        before = set(scrape(metrics))
        others = [source for source in hostile if source != "CRM"]
        metrics.count_labelled(others, [Verdict("Error", 1.0, "rules", "t")] * len(others))
        assert set(scrape(metrics)) == before
        assert labelled(metrics)["Error", "other", "rules"] == len(others)


def test_a_histogram_fed_in_batches_reads_like_any_other() -> None:
    metrics = Metrics(LABELS)
    metrics.event_age.observe(np.array([0.0, 0.01, 0.3, 5_000.0]))
    metrics.event_age.observe(np.array([]))
    metrics.event_age.observe(np.array([0.02]))
    series = scrape(metrics)
    name = "logsluice_event_age_seconds"
    buckets = {labels[0][1]: value for (found, labels), value in series.items() if found == f"{name}_bucket"}
    assert [buckets[bound] for bound in ("0.01", "0.025", "0.2", "0.3", "3600.0", "+Inf")] == [
        2,
        3,
        3,
        4,
        4,
        5,
    ]
    assert list(buckets.values()) == sorted(buckets.values())
    assert series[f"{name}_count", ()] == 5
    assert series[f"{name}_sum", ()] == pytest.approx(5_000.33)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 10), max_size=30), st.integers(0, 30))
def test_a_value_is_in_every_bucket_from_its_own_on(values: list[float], split: int) -> None:
    histogram = BatchHistogram("age", "Age.", (0.5, 1.0, 5.0))
    for part in (values[:split], values[split:]):
        histogram.observe(np.array(part))
    (family,) = histogram.collect()
    found = {sample.labels.get("le", sample.name): sample.value for sample in family.samples}
    for bound in ("0.5", "1.0", "5.0", "+Inf"):
        assert found[bound] == sum(value <= float(bound) for value in values)
    assert found["age_sum"] == pytest.approx(sum(values))


def test_a_stage_is_timed() -> None:
    metrics = Metrics(LABELS)
    with metrics.stage("fast", "label"):
        pass
    assert scrape(metrics)["logsluice_batch_seconds_count", (("lane", "fast"), ("stage", "label"))] == 1
