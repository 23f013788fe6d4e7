"""The dashboard for the people who run logsluice: is it well, and does it keep up?"""

from deploy.grafana import costs
from deploy.grafana.blocks import Json, columns, dashboard, query, stat, table, timeseries, variable
from deploy.grafana.selectors import JOB, PODS, rate


def operators_dashboard() -> Json:
    """Return the dashboard."""
    return dashboard(
        "logsluice-operators",
        "logsluice: how it runs",
        "Throughput, lag, stages, tiers, the LLM, memory and dead letters.",
        [
            variable("job", "Job", "label_values(logsluice_ready, job)", default="logsluice"),
            variable(
                "instance", "Instance", 'label_values(logsluice_ready{job="$job"}, instance)', several=True
            ),
        ],
        [
            ("Health", [*_numbers(), _alerts(), _bundles()]),
            ("Flow", [_flow(), _tiers(), _lag(), _catch_up(), _ages(), _dead(), _disagreements()]),
            ("Batches", [_stages(), _slowest(), _sizes()]),
            ("LLM", costs.llm()),
            ("Process", costs.process()),
        ],
    )


def _numbers() -> list[Json]:
    w, h = 4, 4
    return [
        stat("Ready", "Processes that do their work.", query(f"sum(logsluice_ready{{{JOB}}})"), w=w, h=h),
        stat("Processes", "Processes that Prometheus knows.", query(f"count(up{{{JOB}}})"), w=w, h=h),
        stat(
            "Consumed",
            "By the fast lane.",
            query(f'sum(job_lane:logsluice_events_consumed:rate5m{{{JOB}, lane="fast"}})'),
            unit="eps",
            w=w,
            h=h,
        ),
        stat(
            "Lag",
            "Events behind, both lanes.",
            query(f"sum(job_lane:logsluice_consumer_lag:sum{{{JOB}}})"),
            steps=[(10_000, "yellow"), (1_000_000, "red")],
            w=w,
            h=h,
        ),
        stat(
            "Age",
            "90 % of the events are younger when their label is published.",
            query(f"job:logsluice_event_age_seconds:p90_rate5m{{{JOB}}}"),
            unit="s",
            steps=[(10, "yellow"), (60, "red")],
            w=w,
            h=h,
        ),
        stat(
            "Unclassified",
            "Share of the past ten minutes.",
            query(f"job:logsluice_events_unclassified:ratio_rate10m{{{JOB}}}"),
            unit="percentunit",
            w=w,
            h=h,
        ),
    ]


def _alerts() -> Json:
    return table(
        "Alerts",
        "All alerts of logsluice that are pending or firing; docs/runbook.md has a section for each.",
        query('ALERTS{alertname=~"Logsluice.*"}', instant=True),
        transformations=[
            columns(
                "__name__",
                "Value",
                "job",
                "severity",
                alertname="Alert",
                alertstate="State",
                lane="Lane",
                label="Label",
                source="Source",
                instance="Instance",
                reason="Reason",
            )
        ],
        h=6,
    )


def _bundles() -> Json:
    return table(
        "Bundles in use",
        "What each process labels with. They must be the same but while a new one is rolled out.",
        query(f"logsluice_bundle_info{{{PODS}}}", instant=True),
        transformations=[columns("__name__", "Value", "job", instance="Instance", bundle="Bundle")],
        h=6,
    )


def _flow() -> Json:
    return timeseries(
        "Events in and out",
        "Events a second. What is consumed is labelled, sent to wait for the LLM, or a dead letter.",
        query(rate("logsluice_events_consumed_total", "lane"), "consumed, {{lane}} lane"),
        query(f"sum(rate(logsluice_events_labelled_total{{{PODS}}}[$__rate_interval]))", "labelled"),
        query(f"sum(rate(logsluice_events_pending_total{{{PODS}}}[$__rate_interval]))", "pending"),
        query(f"sum(rate(logsluice_dead_letters_total{{{PODS}}}[$__rate_interval]))", "dead letters"),
        unit="eps",
    )


def _tiers() -> Json:
    return timeseries(
        "Events by tier",
        "Which tier decided, events a second.",
        query(rate("logsluice_events_labelled_total", "tier"), "{{tier}}"),
        unit="eps",
        stacked=True,
    )


def _lag() -> Json:
    return timeseries(
        "Lag",
        "Events behind the end of each partition.",
        query(
            f"sum by (lane, topic, partition) (logsluice_consumer_lag{{{PODS}}})",
            "{{lane}}: {{topic}}-{{partition}}",
        ),
        stacked=True,
    )


def _catch_up() -> Json:
    return timeseries(
        "Work left",
        "The lag in seconds of work at the present speed, and when it will be gone while it shrinks.",
        query(f"job_lane:logsluice_consumer_lag:work_seconds{{{JOB}}}", "work left, {{lane}} lane"),
        query(f"job_lane:logsluice_consumer_lag:catch_up_seconds{{{JOB}}}", "caught up in, {{lane}} lane"),
        unit="s",
    )


def _ages() -> Json:
    def quantile(share: float) -> Json:
        ages = f"sum by (le) (rate(logsluice_event_age_seconds_bucket{{{PODS}}}[$__rate_interval]))"
        return query(f"histogram_quantile({share}, {ages})", f"{share:.0%} are younger than")

    return timeseries(
        "Age of events when labelled",
        "From the Kafka timestamp of the raw event to the publication of its label.",
        quantile(0.5),
        quantile(0.9),
        quantile(0.99),
        unit="s",
    )


def _dead() -> Json:
    return timeseries(
        "Dead letters",
        "Records a second that cannot be decoded or published, by reason.",
        query(rate("logsluice_dead_letters_total", "reason"), "{{reason}}"),
        unit="eps",
    )


def _disagreements() -> Json:
    return timeseries(
        "Severity and label",
        "Events a second whose severity is far from what they mean: Critical Error and Security Alert that were logged "
        "as info or lower (quiet_critical), System Notification and User Action that were logged as error or higher "
        "(loud_routine).",
        query(rate("logsluice_severity_disagreements_total", "kind"), "{{kind}}"),
        unit="eps",
    )


def _stages() -> Json:
    total = rate("logsluice_batch_seconds_sum", "lane, stage", ', stage!="consume"')
    count = rate("logsluice_batch_seconds_count", "lane, stage", ', stage!="consume"')
    return timeseries(
        "Time of a batch by stage",
        "Mean of each stage. Waiting for events is left out.",
        query(f"{total} / {count}", "{{lane}}: {{stage}}"),
        unit="s",
        stacked=True,
        w=8,
    )


def _slowest() -> Json:
    buckets = rate("logsluice_batch_seconds_bucket", "lane, stage, le", ', stage!="consume"')
    return timeseries(
        "Slow batches",
        "99 % of the batches are faster, by stage.",
        query(f"histogram_quantile(0.99, {buckets})", "{{lane}}: {{stage}}"),
        unit="s",
        w=8,
    )


def _sizes() -> Json:
    batches = rate("logsluice_batch_seconds_count", "lane", ', stage="commit"')
    return timeseries(
        "Events in a batch",
        "Mean; small batches mean that there is nothing to wait for.",
        query(f"{rate('logsluice_events_consumed_total', 'lane')} / {batches}", "{{lane}} lane"),
        w=8,
    )
