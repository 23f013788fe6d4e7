"""The dashboards are current, every query parses and names what exists, and no panel covers another."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from deploy.grafana.generate import rendered
from tests.deploy.metric_names import ROOT, problems

DASHBOARDS = {path.stem: json.loads(text) for path, text in rendered().items()}
GRAFANA = ROOT / "deploy" / "grafana"
# What Grafana puts into an expression before it asks Prometheus.
BUILT_IN = {"__rate_interval": "1m", "__range": "1h"}


def queries(dashboard: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the title of a panel and an expression of it, as Prometheus gets it with the defaults chosen."""
    chosen = dict(BUILT_IN)
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            chosen[variable["name"]] = variable["allValue"] or variable["current"]["value"]
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            if "expr" in target:
                yield panel["title"], re.sub(r"\$(\w+)", lambda name: chosen[name[1]], target["expr"])


QUERIES = [(name, *query) for name, dashboard in DASHBOARDS.items() for query in queries(dashboard)]


@pytest.mark.parametrize("path", sorted(rendered()), ids=lambda path: path.name)
def test_the_committed_json_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == rendered()[path], "run `python -m deploy.grafana.generate`"


@pytest.mark.parametrize(("dashboard", "title", "expression"), QUERIES)
def test_queries_name_metrics_and_labels_that_exist(dashboard: str, title: str, expression: str) -> None:
    assert problems(expression) == [], f"{dashboard}: {title}"


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)
def test_panels_fit_the_grid_and_cover_no_other(dashboard: dict[str, Any]) -> None:
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart or above, (one, other)


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)
def test_every_panel_says_what_it_shows(dashboard: dict[str, Any]) -> None:
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert all(panel["description"] and panel["targets"] for panel in panels)
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_the_runbook_names_panels_that_exist() -> None:
    titles = {panel["title"] for dashboard in DASHBOARDS.values() for panel in dashboard["panels"]}
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    named = {re.sub(r"\s+", " ", name) for name in re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", runbook)}
    assert named
    assert {re.sub(r" of \$label$", "", title) for title in titles} >= named
