"""The processes around logsluice on this machine: its sample shipper, Prometheus; 127.0.0.1 only."""

import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.support.debian_packages import ROOT, program, with_data
from tests.support.kafka_server import free_port, wait_until
from tests.support.service_process import PYTHON
from tests.support.world import settings as settings  # for those who look for it here

START_PATIENCE_S = 120.0
PENDING_FOR = "5s"


@contextmanager
def running(
    command: Sequence[str | Path], output: Path, environment: dict[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command for as long as the context lasts; what it prints goes to a file."""
    # A developer's own settings are not the test's.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LOGSLUICE_")}
    with output.open("ab") as file:
        process = subprocess.Popen(
            command, env=inherited | (environment or {}), cwd=output.parent, stdout=file, stderr=file
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def shipping(directory: Path, environment: dict[str, str], *arguments: str) -> Iterator[None]:
    """Ship sample events for as long as the context lasts."""
    command: list[str | Path] = [PYTHON, ROOT / "deploy" / "sample_shipper.py", *arguments]
    with running(command, directory / "shipper.log", environment) as process:
        yield
        assert process.poll() is None, (directory / "shipper.log").read_text()


class Prometheus:
    """A real Prometheus with the rules of ``deploy/``, asked through its API."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def ready(self) -> bool:
        """Return whether it serves."""
        return answers(f"{self._url}/-/ready")

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an expression, now."""
        found: list[dict[str, Any]] = self._get("query", query=expression)["result"]
        return found

    def alerts(self, name: str) -> list[dict[str, Any]]:
        """Return the alerts of a name that are pending or firing."""
        return [alert for alert in self._get("alerts")["alerts"] if alert["labels"]["alertname"] == name]

    def _get(self, path: str, **parameters: str) -> dict[str, Any]:
        url = f"{self._url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=30) as response:
            answer: dict[str, Any] = json.load(response)
        assert answer["status"] == "success", answer
        return answer["data"]  # type: ignore[no-any-return]


@contextmanager
def prometheus(
    directory: Path, target: int, past: str, alertmanager_port: int | None = None
) -> Iterator[Prometheus]:
    """Run Prometheus on a target's port, with a past in the text format of OpenMetrics, empty for none.

    It sends alerts to an Alertmanager, where there is one.

    The rules are those of ``deploy/`` on a quicker clock: looked at every second, and patient for seconds where they
    are for minutes. That they fire when they should by the real clock is for promtool's cases to show.
    """
    binary = program("prometheus", "prometheus", directory_variable="PROMETHEUS_DIR")
    data = directory / "data"
    (directory / "past.txt").write_text(past, encoding="utf-8")
    backfill: list[str | Path] = [
        binary.with_name("promtool"),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "past.txt",
        data,
    ]
    if past:
        subprocess.run(backfill, cwd=directory, check=True, capture_output=True)

    deployed = ROOT / "deploy" / "prometheus"
    configuration = yaml.safe_load((deployed / "prometheus.yml").read_text(encoding="utf-8"))
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    configuration["rule_files"] = ["rules_*.yml"]
    for path in (deployed / "rules").glob("*.yml"):
        quick = yaml.safe_dump(_quickened(yaml.safe_load(path.read_text(encoding="utf-8"))))
        (directory / f"rules_{path.name}").write_text(quick, encoding="utf-8")
    job = configuration["scrape_configs"][0]
    del job["dns_sd_configs"]
    job["static_configs"] = [{"targets": [f"127.0.0.1:{target}"]}]
    configuration["scrape_configs"] = [job]
    if alertmanager_port is not None:
        to = {"static_configs": [{"targets": [f"127.0.0.1:{alertmanager_port}"]}]}
        configuration["alerting"] = {"alertmanagers": [to]}
    (directory / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")

    port = free_port()
    command: list[str | Path] = [
        binary,
        "--config.file=prometheus.yml",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(command, directory / "prometheus.log") as process:
        server = Prometheus(port)

        def ready() -> bool:
            assert process.poll() is None, (directory / "prometheus.log").read_text()
            return server.ready()

        wait_until(ready, "Prometheus serves", START_PATIENCE_S)
        yield server


@contextmanager
def alertmanager(directory: Path, webhook: str) -> Iterator[int]:
    """Run Alertmanager, which sends every alert at once to a URL; yield its port."""
    route = {"receiver": "console", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"}
    receiver = {"name": "console", "webhook_configs": [{"url": webhook}]}
    configuration = {"route": route, "receivers": [receiver]}
    (directory / "alertmanager.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    port = free_port()
    binary = program("prometheus-alertmanager", "prometheus-alertmanager")
    command: list[str | Path] = [
        with_data(binary, "/usr/share/prometheus/alertmanager", directory),
        "--config.file=alertmanager.yml",
        f"--storage.path={directory / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with running(command, directory / "alertmanager.log") as process:

        def ready() -> bool:
            assert process.poll() is None, (directory / "alertmanager.log").read_text()
            return answers(f"http://127.0.0.1:{port}/-/ready")

        wait_until(ready, "Alertmanager serves", START_PATIENCE_S)
        yield port


def _quickened(rules: dict[str, Any]) -> dict[str, Any]:
    for group in rules["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = PENDING_FOR
    return rules


def answers(url: str) -> bool:
    """Return whether a GET is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
