"""Write the rules as an object of Prometheus' operator: ``python -m deploy.prometheus_rule``."""

from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).parent
PATH = _HERE / "kubernetes" / "full" / "prometheusrule.yaml"


def rendered() -> str:
    """Return the text of the file."""
    files = sorted((_HERE / "prometheus" / "rules").glob("*.yml"))
    groups = [group for path in files for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]
    rule: dict[str, Any] = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "logsluice"},
        "spec": {"groups": groups},
    }
    comment = "# Made from deploy/prometheus/rules by `python -m deploy.prometheus_rule`; change it there.\n"
    return comment + yaml.safe_dump(rule, sort_keys=False, allow_unicode=True, width=110)


if __name__ == "__main__":
    PATH.write_text(rendered(), encoding="utf-8")
