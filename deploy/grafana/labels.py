"""The dashboard for the people whose systems write the logs: what is happening in them?"""

from deploy.grafana.blocks import (
    Json,
    bars,
    columns,
    dashboard,
    query,
    stat,
    table,
    timeseries,
    variable,
    with_colours,
)
from deploy.grafana.drift import drift

CHOSEN = 'job="$job", source=~"$source"'
LABELLED = f"logsluice_events_labelled_total{{{CHOSEN}}}"
RATE = "job_label_source:logsluice_events_labelled:rate2m"
TOP: Json = {"type": "yesoreyeram-infinity-datasource", "uid": "logsluice"}

COLOURS = {
    "Security Alert": "red",
    "Critical Error": "dark-red",
    "Error": "orange",
    "Workflow Error": "dark-orange",
    "Deprecation Warning": "yellow",
    "Resource Usage": "purple",
    "HTTP Status": "blue",
    "User Action": "green",
    "System Notification": "super-light-blue",
    "Unclassified": "text",
}


def labels_dashboard() -> Json:
    """Return the dashboard."""
    return dashboard(
        "logsluice-labels",
        "logsluice: what is happening",
        "What the logs of all systems mean, by label and by source.",
        [
            variable("job", "Job", "label_values(logsluice_events_labelled_total, job)", default="logsluice"),
            variable(
                "source",
                "Source",
                'label_values(logsluice_events_labelled_total{job="$job"}, source)',
                several=True,
            ),
            variable(
                "label",
                "Label",
                'label_values(logsluice_events_labelled_total{job="$job"}, label)',
                default="Critical Error",
            ),
        ],
        [
            ("Now", [*_numbers(), _alerts()]),
            ("By label", [_by_label(), _against_past(), _totals(), _since_yesterday()]),
            ("By source", [_matrix(), _sources_of_label(), _unclassified()]),
            ("Drift", drift()),
            ("Messages", [_top_templates()]),
        ],
    )


def _labelled(label: str) -> str:
    return f'logsluice_events_labelled_total{{{CHOSEN}, label="{label}"}}'


def _numbers() -> list[Json]:
    def events(label: str) -> Json:
        return query(f"sum(increase({_labelled(label)}[$__range]))")

    return [
        stat(
            "Events",
            "Labelled a second.",
            query(f"sum(rate({LABELLED}[$__rate_interval]))"),
            unit="eps",
            w=4,
            h=5,
        ),
        stat("Security Alerts", "In the time shown.", events("Security Alert"), steps=[(1, "red")], w=4, h=5),
        stat("Critical Errors", "In the time shown.", events("Critical Error"), steps=[(1, "red")], w=4, h=5),
    ]


def _alerts() -> Json:
    return table(
        "Alerts",
        "The alerts on labels that are pending or firing; docs/runbook.md has a section for each.",
        query('ALERTS{alertname=~"LogsluiceLabel.*"}', instant=True),
        transformations=[
            columns(
                "__name__",
                "Value",
                "job",
                alertname="Alert",
                alertstate="State",
                label="Label",
                source="Source",
            )
        ],
        w=12,
        h=5,
    )


def _by_label() -> Json:
    panel = timeseries(
        "Events by label",
        "Events a second.",
        query(f"sum by (label) (rate({LABELLED}[$__rate_interval]))", "{{label}}"),
        unit="eps",
        stacked=True,
    )
    return with_colours(panel, COLOURS)


def _against_past() -> Json:
    past = f"{RATE}_p95_1d{{{CHOSEN}}}"
    return timeseries(
        "Security Alerts and Critical Errors against their past",
        "Events a second by source, and the rate from which LogsluiceLabelBurst takes them for a burst: "
        "three times what 95 % of the past day stayed below. It needs some minutes of past.",
        query(
            f'{RATE}{{{CHOSEN}, label=~"Security Alert|Critical Error"}}',
            "{{label}}, {{source}}",
        ),
        query(f"clamp_min(3 * {past}, 0.1)", "burst: {{label}}, {{source}}"),
        unit="eps",
    )


def _totals() -> Json:
    panel = bars(
        "Events of each label",
        "In the time shown.",
        query(f"sort_desc(sum by (label) (increase({LABELLED}[$__range])))", "{{label}}", instant=True)
        | {"format": "time_series"},
        h=9,
    )
    return with_colours(panel, COLOURS)


def _since_yesterday() -> Json:
    def hour(offset: str = "") -> str:
        return f'avg_over_time(job_label:logsluice_events_labelled:rate2m{{job="$job"}}[1h]{offset})'

    return table(
        "Changes since yesterday",
        "Events a second in the past hour, in the same hour of yesterday, and the ratio of the two.",
        query(hour(), instant=True, ref="A"),
        query(hour(" offset 1d"), instant=True, ref="B"),
        query(f"{hour()} / {hour(' offset 1d')}", instant=True, ref="C"),
        transformations=[
            {"id": "merge", "options": {}},
            columns(
                "job", **{"label": "Label", "Value #A": "Now", "Value #B": "Yesterday", "Value #C": "Ratio"}
            ),
            {"id": "sortBy", "options": {"sort": [{"field": "Ratio", "desc": True}]}},
        ],
        h=9,
    )


def _matrix() -> Json:
    return table(
        "Labels of each source",
        "Events in the time shown. Sources that LOGSLUICE_METRIC_SOURCES does not name are `other`.",
        query(f"sum by (label, source) (increase({LABELLED}[$__range])) > 0", instant=True),
        transformations=[
            {
                "id": "groupingToMatrix",
                "options": {"columnField": "label", "rowField": "source", "valueField": "Value"},
            }
        ],
        w=12,
        h=9,
    )


def _sources_of_label() -> Json:
    return bars(
        "Sources of $label",
        "Events in the time shown.",
        query(
            f"sort_desc(sum by (source) (increase({_labelled('$label')}[$__range])))",
            "{{source}}",
            instant=True,
        )
        | {"format": "time_series"},
        w=6,
        h=9,
    )


def _unclassified() -> Json:
    return timeseries(
        "Unclassified by source",
        "The share of a source's events that gets no label.",
        query(
            f"sum by (source) (rate({_labelled('Unclassified')}[$__rate_interval]))"
            f" / sum by (source) (rate({LABELLED}[$__rate_interval]))",
            "{{source}}",
        ),
        unit="percentunit",
        w=6,
        h=9,
    )


def _top_templates() -> Json:
    """The process itself answers this one: templates are too many to be metrics."""
    target = {
        "refId": "A",
        "datasource": TOP,
        "type": "json",
        "parser": "backend",
        "source": "url",
        "format": "table",
        "url": "/top?label=${label:percentencode}",
        "url_options": {"method": "GET"},
        "root_selector": "templates",
        "columns": [
            {"selector": "count", "text": "Events", "type": "number"},
            {"selector": "source", "text": "Source", "type": "string"},
            {"selector": "template", "text": "Template", "type": "string"},
        ],
    }
    narrow = [
        {"matcher": {"id": "byName", "options": name}, "properties": [{"id": "custom.width", "value": width}]}
        for name, width in {"Events": 100, "Source": 200}.items()
    ]
    return table(
        "Top templates of $label",
        "The most frequent messages with the label over the last minutes, masked; from one replica.",
        target,
        overrides=narrow,
        datasource=TOP,
        w=24,
        h=10,
    )
