"""The rules keep their promises: promtool fires every alert and keeps it quiet; the runbook explains each."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.metric_names import ROOT, problems, rules
from tests.support.debian_packages import promtool

DIRECTORY = ROOT / "deploy" / "prometheus"
TEST_FILES = sorted((DIRECTORY / "tests").glob("*.yml"))
ALERTS = [rule for rule in rules() if "alert" in rule]


def _run(*command: str | Path) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_promtool_accepts_the_configuration() -> None:
    _run(promtool(), "check", "config", DIRECTORY / "prometheus.yml")


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
def test_alerts_fire_and_keep_quiet(path: Path) -> None:
    assert "SUCCESS" in _run(promtool(), "test", "rules", path)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_every_alert_has_a_case_that_fires_it_and_one_that_keeps_it_quiet(alert: dict[str, Any]) -> None:
    cases = [
        case
        for path in TEST_FILES
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for case in group["alert_rule_test"]
        if case["alertname"] == alert["alert"]
    ]
    assert {bool(case["exp_alerts"]) for case in cases} == {True, False}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_every_alert_says_what_is_wrong_and_where_to_read_on(alert: dict[str, Any]) -> None:
    annotations = alert["annotations"]
    assert alert["labels"]["severity"] in ("critical", "warning")
    assert annotations["summary"]
    assert annotations["description"]
    # Where the documents are served, an external label of Prometheus says.
    docs, _, page = annotations["runbook_url"].rpartition("/")
    assert docs == '{{ or $externalLabels.logsluice_docs "docs" }}'
    path, _, anchor = page.partition("#")
    assert anchor == alert["alert"].lower()
    assert anchor in _anchors(ROOT / "docs" / path)


@pytest.mark.parametrize("page", ["runbook.md", "runbook_drift.md"])
def test_a_runbook_has_no_section_without_an_alert_and_no_dead_link(page: str) -> None:
    runbook = ROOT / "docs" / page
    of_page = [alert for alert in ALERTS if f"/{page}#" in alert["annotations"]["runbook_url"]]
    assert _anchors(runbook) == {alert["alert"].lower() for alert in of_page}
    links = re.findall(r"\]\(#([^)]+)\)", runbook.read_text(encoding="utf-8"))
    assert set(links) <= _anchors(runbook)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_rules_name_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    assert problems(rule["expr"]) == []


def test_a_metric_or_a_label_that_does_not_exist_is_found() -> None:
    assert problems("rate(logsluice_events_labeled_total[5m])") == [
        "there is no metric logsluice_events_labeled_total"
    ]
    assert problems('logsluice_ready{lane="fast"}') == ["logsluice_ready has no label lane"]


def _anchors(path: Path) -> set[str]:
    """Return the anchors of the second-level headings of a Markdown file."""
    headings = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {heading.lower().replace(" ", "-") for heading in headings}
