"""The templates behind an alert: those with its label, and its source, that came most, or that are new."""

import sqlite3
from urllib.parse import urlencode

import msgspec

from console.alerts.incoming import Alert
from console.store.queries import new, top
from console.store.rows import TemplateRow

WINDOW_S = 900
SHOWN = 5
OTHER_SOURCE = "other"
NEW_TEMPLATE = "LogsluiceTemplateNew"


class Behind(msgspec.Struct, frozen=True):
    """A template behind an alert; ``count`` is that of its events in the last quarter of an hour."""

    template: str
    source: str
    count: int
    new: bool
    url: str


class Evidence(msgspec.Struct, frozen=True):
    """An alert, the templates behind it, and where there is more."""

    name: str
    status: str
    severity: str
    summary: str
    description: str
    label: str | None
    source: str | None
    starts_at: str
    templates: list[Behind]
    url: str
    runbook_url: str


def evidence_of(
    connection: sqlite3.Connection | None, alert: Alert, public_url: str, now_ms: int
) -> Evidence:
    """Return an alert with what the store knows of it; without a store, or a label, there are no templates."""
    label, source = alert.labels.get("label"), alert.labels.get("source")
    if source == OTHER_SOURCE:  # so are those called that have no metric series of their own
        source = None
    name = alert.labels.get("alertname", "")
    templates = []
    if connection is not None and label and alert.status == "firing":
        templates = _behind(connection, name, label, source, public_url, now_ms)
    chosen = {key: value for key, value in (("label", label), ("source", source)) if value}
    return Evidence(
        name=name,
        status=alert.status,
        severity=alert.labels.get("severity", ""),
        summary=alert.annotations.get("summary", name),
        description=alert.annotations.get("description", ""),
        label=label,
        source=source,
        starts_at=alert.startsAt,
        templates=templates,
        url=f"{public_url}/templates{'?' if chosen else ''}{urlencode(chosen)}",
        runbook_url=alert.annotations.get("runbook_url", ""),
    )


def _behind(
    connection: sqlite3.Connection, name: str, label: str, source: str | None, public_url: str, now_ms: int
) -> list[Behind]:
    def behind(row: TemplateRow, count: int) -> Behind:
        shown = source or next(iter(row.sources), "")
        return Behind(row.template, shown, count, row.is_new, f"{public_url}/templates/{row.id}")

    if name == NEW_TEMPLATE:
        found = new(connection, now_ms - WINDOW_S * 1000, now_ms, SHOWN, label)
        return [behind(row, row.events) for row in found]
    rows = top(connection, SHOWN, WINDOW_S, now_ms, (label,), source)
    return [behind(each.row, each.count) for each in rows]
