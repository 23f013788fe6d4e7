"""Write the dashboards' JSON: ``python -m deploy.grafana.generate``."""

import json
from pathlib import Path

from deploy.grafana.labels import labels_dashboard
from deploy.grafana.operators import operators_dashboard

DIRECTORY = Path(__file__).parent / "dashboards"


def rendered() -> dict[Path, str]:
    """Return the text of each file that is generated."""
    dashboards = {"labels.json": labels_dashboard(), "operators.json": operators_dashboard()}
    return {DIRECTORY / name: json.dumps(content, indent=2) + "\n" for name, content in dashboards.items()}


if __name__ == "__main__":
    for path, text in rendered().items():
        path.write_text(text, encoding="utf-8")
