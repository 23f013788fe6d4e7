"""What a PromQL expression may name: the metrics of the process with their labels, and the recorded ones."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import promql_parser
import yaml

from console.metrics import ConsoleMetrics
from console.store.metrics import StoreMetrics
from consumer.telemetry.metrics import Metrics

ROOT = Path(__file__).parents[2]
RULE_FILES = sorted((ROOT / "deploy/prometheus/rules").glob("*.yml"))

TARGET = frozenset(("job", "instance"))
"""The labels that every scraped series has."""

PROMETHEUS = {
    "up": frozenset[str](),
    "ALERTS": frozenset(("alertname", "alertstate", "severity", "label", "source", "lane", "reason")),
}


@cache
def exposed() -> dict[str, frozenset[str]]:
    """Return the label names of every series that the processes expose, by the name of the series."""
    labels = ("Security Alert", "Critical Error", "Unclassified")
    metrics = Metrics(labels, ("sshd",))
    console = ConsoleMetrics()
    StoreMetrics(console.registry, labels)
    metrics.lag.labels("fast", "logs.raw", "0")
    metrics.cache_entries.labels("templates")
    metrics.bundle_info.labels("default@0000000")
    metrics.shadow.bundle_info.labels("next@0000000")
    return {
        sample.name: frozenset(sample.labels)
        for registry in (metrics.registry, console.registry)
        for family in registry.collect()
        for sample in family.samples
    }


@cache
def recorded() -> dict[str, frozenset[str]]:
    """Return the label names of every recorded series; its name says them up to the first colon."""
    return {
        rule["record"]: frozenset(rule["record"].split(":")[0].split("_"))
        for rule in rules()
        if "record" in rule
    }


@cache
def rules() -> list[dict[str, Any]]:
    """Return all rules, recording ones and alerts."""
    return [
        rule
        for path in RULE_FILES
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]


def problems(expression: str) -> list[str]:
    """Return what is wrong with an expression: a metric that does not exist, or a label that it lacks.

    Raises:
        ValueError: the expression does not parse.
    """
    known = {name: labels | TARGET for name, labels in (PROMETHEUS | exposed()).items()} | recorded()
    found = []
    for selector in selectors(expression):
        labels = known.get(selector.name or "")
        if labels is None:
            found.append(f"there is no metric {selector.name}")
            continue
        unknown = {matcher.name for matcher in selector.matchers.matchers} - labels - TARGET
        found += [f"{selector.name} has no label {name}" for name in sorted(unknown)]
    return found


def selectors(expression: str) -> Iterator[promql_parser.VectorSelector]:
    """Yield every selector of an expression."""
    found: list[Any] = []
    promql_parser.walk(promql_parser.parse(expression), lambda node: found.append(node))
    yield from (node for node in found if isinstance(node, promql_parser.VectorSelector))
