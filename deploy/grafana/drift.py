"""The row on drift: is the bundle still made for this stream, and would the next one be?"""

from deploy.grafana.blocks import Json, query, table, timeseries

_JOB = 'job="$job"'


def drift() -> list[Json]:
    """Return the panels."""
    return [_stream(), _agreement(), _shadow_by_label(), _shadow_pairs()]


def _stream() -> Json:
    return timeseries(
        "Drift",
        "Shares of the events of six hours: those that would need another label for the mix of a week ago, those "
        "worded as the bundle has not learnt, and those of templates that the console first saw within a week.",
        query(f"job:logsluice_label_mix:distance_1w{{{_JOB}}}", "another mix than a week ago"),
        query(f"job:logsluice_events_unfamiliar:ratio_rate6h{{{_JOB}}}", "unfamiliar wording"),
        query("max(job:logsluice_store_events_new:ratio_rate6h)", "templates new within a week"),
        unit="percentunit",
    )


def _agreement() -> Json:
    return timeseries(
        "Agreement with the bundle in use",
        "The share of the embedding tier's answers that the LLM gives too, of a day; of events that the shadow bundle "
        "labels alike, and of events labelled by people or an LLM that it labels as they did, of six hours.",
        query(f"job:logsluice_llm_canary:agreement_rate1d{{{_JOB}}}", "LLM"),
        query(f"job:logsluice_shadow_events:agreement_rate6h{{{_JOB}}}", "shadow bundle"),
        query(
            f'sum(rate(logsluice_shadow_events_given_total{{{_JOB}, agrees="yes"}}[6h]))'
            f" / sum(rate(logsluice_shadow_events_given_total{{{_JOB}}}[6h]))",
            "shadow bundle, where people or an LLM have spoken",
        ),
        unit="percentunit",
    )


def _shadow_by_label() -> Json:
    return timeseries(
        "Agreement of the shadow bundle by label",
        "The share of a label's events to which the shadow bundle gives it too.",
        query(f"job_label:logsluice_shadow_events:agreement_rate6h{{{_JOB}}}", "{{label}}"),
        unit="percentunit",
    )


def _shadow_pairs() -> Json:
    return table(
        "What the shadow bundle would change",
        "Events in the time shown, by the label that they have and the one that the shadow bundle gives them.",
        query(
            "sum by (label, shadow) "
            f'(increase(logsluice_shadow_events_total{{{_JOB}, agrees="no"}}[$__range])) > 0',
            instant=True,
        ),
        transformations=[
            {
                "id": "groupingToMatrix",
                "options": {"columnField": "shadow", "rowField": "label", "valueField": "Value"},
            }
        ],
        w=12,
    )
