"""What a dashboard is made of: panels, rows, variables. Plain dictionaries in Grafana's own format."""

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]

PROMETHEUS: Json = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24
"""Columns of Grafana's grid."""


def query(expr: str, legend: str = "", *, instant: bool = False, ref: str = "") -> Json:
    """Return a query; an instant one gives the rows of a table, or single numbers."""
    target: Json = {
        "datasource": PROMETHEUS,
        "expr": expr,
        "legendFormat": legend or "__auto",
        "range": not instant,
    }
    if instant:
        target |= {"instant": True, "format": "table"}
    return target | ({"refId": ref} if ref else {})


def timeseries(
    title: str,
    description: str,
    *queries: Json,
    unit: str = "short",
    stacked: bool = False,
    w: int = 12,
    h: int = 8,
) -> Json:
    """Return a graph over time."""
    custom = {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 30 if stacked else 5,
        "showPoints": "never",
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
    }
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return _panel("timeseries", title, description, queries, _defaults(unit, custom=custom), options, (w, h))


def stat(
    title: str,
    description: str,
    *queries: Json,
    unit: str = "short",
    steps: Sequence[tuple[float, str]] = (),
    w: int = 12,
    h: int = 8,
) -> Json:
    """Return a number of now. ``steps`` are the values from which it takes another colour."""
    thresholds = {
        "mode": "absolute",
        "steps": [
            {"color": "text" if not steps else "green", "value": None},
            *({"color": colour, "value": value} for value, colour in steps),
        ],
    }
    options = {
        "colorMode": "value",
        "graphMode": "none",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": "auto",
    }
    return _panel(
        "stat", title, description, queries, _defaults(unit, thresholds=thresholds), options, (w, h)
    )


def bars(title: str, description: str, *queries: Json, unit: str = "short", w: int = 12, h: int = 8) -> Json:
    """Return a bar for each series, the longest first if the query sorts them so."""
    options = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "valueMode": "color",
    }
    return _panel("bargauge", title, description, queries, _defaults(unit, min=0), options, (w, h))


def table(
    title: str,
    description: str,
    *queries: Json,
    transformations: Sequence[Json] = (),
    overrides: Sequence[Json] = (),
    unit: str = "short",
    datasource: Json = PROMETHEUS,
    w: int = 12,
    h: int = 8,
) -> Json:
    """Return a table; ``transformations`` and ``overrides`` shape its columns."""
    panel = _panel("table", title, description, queries, _defaults(unit), {"cellHeight": "sm"}, (w, h))
    panel["fieldConfig"]["overrides"] = list(overrides)
    return panel | {"datasource": datasource, "transformations": list(transformations)}


def columns(*hidden: str, **renamed: str) -> Json:
    """Return the transformation that hides columns and gives others a name that people read."""
    return {
        "id": "organize",
        "options": {"excludeByName": dict.fromkeys(("Time", *hidden), True), "renameByName": renamed},
    }


def with_colours(panel: Json, colours: dict[str, str]) -> Json:
    """Return the panel with a fixed colour for each of the series that are named."""
    panel["fieldConfig"]["overrides"] += [
        {
            "matcher": {"id": "byName", "options": name},
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}],
        }
        for name, colour in colours.items()
    ]
    return panel


def variable(name: str, label: str, expr: str, *, several: bool = False, default: str | None = None) -> Json:
    """Return a variable whose values Prometheus knows; with ``several`` it starts with all of them."""
    current = (
        {"text": "All", "value": "$__all"}
        if several
        else {"text": default, "value": default}
        if default
        else {}
    )
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": PROMETHEUS,
        "query": {"query": expr, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": several,
        "includeAll": several,
        "allValue": ".*" if several else None,
        "current": current,
    }


def dashboard(
    uid: str,
    title: str,
    description: str,
    variables: Sequence[Json],
    rows: Sequence[tuple[str, Sequence[Json]]],
) -> Json:
    """Return a dashboard; panels of a row flow from left to right and wrap."""
    datasource = {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["logsluice"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [datasource, *variables]},
        "links": [
            {
                "title": "logsluice",
                "type": "dashboards",
                "tags": ["logsluice"],
                "asDropdown": False,
                "keepTime": True,
            }
        ],
        "annotations": {"list": []},
        "panels": _laid_out(rows),
    }


def _panel(
    kind: str,
    title: str,
    description: str,
    queries: Sequence[Json],
    defaults: Json,
    options: Json,
    size: tuple[int, int],
) -> Json:
    targets = [{"refId": "ABCDEFGH"[number], **target} for number, target in enumerate(queries)]
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": PROMETHEUS,
        "targets": targets,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "gridPos": {"w": size[0], "h": size[1]},
    }


def _defaults(unit: str, **more: Any) -> Json:
    return {"unit": unit, **more}


def _laid_out(rows: Sequence[tuple[str, Sequence[Json]]]) -> list[Json]:
    laid: list[Json] = []
    y = 0
    for title, panels in rows:
        laid.append(
            {
                "type": "row",
                "title": title,
                "collapsed": False,
                "panels": [],
                "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1},
            }
        )
        y += 1
        x = height = 0
        for panel in panels:
            size = panel["gridPos"]
            if x + size["w"] > WIDTH:
                x, y, height = 0, y + height, 0
            laid.append(panel | {"gridPos": {"x": x, "y": y, **size}})
            x, height = x + size["w"], max(height, size["h"])
        y += height
    return [panel | {"id": number} for number, panel in enumerate(laid, 1)]
