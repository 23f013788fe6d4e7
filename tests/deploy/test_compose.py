"""The compose file and the Dockerfile, as far as they can be checked without an engine."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from console.server import check_who_may_use, listen
from console.settings import AllSettings, ConsoleSettings
from consumer.settings import Settings, read_as
from deploy import env_example, sample_shipper
from tests.deploy.metric_names import ROOT
from training.corpus import read_corpus

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("logsluice")}


def _tool(name: str, *arguments: str | Path) -> None:
    result = subprocess.run(
        [Path(sys.executable).parent / name, *arguments], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_compose_file_follows_the_specification() -> None:
    _tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "docker-compose.yml")


def test_the_dockerfile_is_clean() -> None:
    _tool("hadolint", ROOT / "Dockerfile")


def test_the_image_is_built_from_what_the_package_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {
        *project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"],
        project["project"]["readme"],
    }
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert rules[1] == "*"
    assert {rule.removeprefix("!") for rule in rules} >= needed | {"pyproject.toml", "requirements.txt"}


def test_only_what_people_look_at_is_published_and_only_on_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"grafana", "console", "kafka-ui", "kafka"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_every_service_is_limited_pinned_and_watched(service: dict[str, Any]) -> None:
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    _, _, tag = service["image"].partition(":")
    assert tag
    # What makes the image of this tree has no version of its own to pin.
    assert tag != "latest" or "build" in service
    assert "healthcheck" in service


@pytest.mark.parametrize("service", OURS.values(), ids=OURS)
def test_our_services_can_do_no_harm(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_services_start_when_what_they_need_is_well() -> None:
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            other = SERVICES[needed]
            if how["condition"] == "service_healthy":
                assert "test" in other["healthcheck"]
            else:
                assert how["condition"] == "service_completed_successfully"
                # Else it would be started again and again.
                assert "restart" not in other


def test_what_is_mounted_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).exists()


def test_the_settings_of_our_services_are_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for service in OURS.values():
        for name, value in service["environment"].items():
            monkeypatch.setenv(name, value)
    settings = read_as(AllSettings, tmp_path / "none", tmp_path)
    assert settings.bootstrap_servers == "kafka:9092"
    # What they reach is where Kafka says that it is.
    assert "INSIDE://kafka:9092" in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]


def test_the_sample_has_security_alerts_of_the_sources_with_series_of_their_own() -> None:
    sources = set(SERVICES["logsluice"]["environment"]["LOGSLUICE_METRIC_SOURCES"].split(","))
    alerts = [
        template
        for template in read_corpus()
        if template.system in sources and template.label == "Security Alert"
    ]
    assert {"sshd", "kube-apiserver"} <= {template.system for template in alerts}
    sample = sample_shipper.events(alerts)
    for _ in range(200):
        event = msgspec.json.decode(next(sample))
        assert event["source"] in sources
        assert event["log_message"]


def test_env_example_is_current() -> None:
    assert env_example.PATH.read_text(encoding="utf-8") == env_example.rendered(), (
        "run `python -m deploy.env_example`"
    )


def test_env_example_names_every_setting_with_its_default(tmp_path: Path) -> None:
    lines = env_example.rendered().splitlines()
    settings = [line.removeprefix("#") for line in lines if re.match(r"#[A-Z_]+=", line)]
    uncommented = tmp_path / ".env"
    uncommented.write_text("\n".join(settings), encoding="utf-8")
    assert read_as(AllSettings, uncommented, tmp_path) == AllSettings()
    assert len(settings) >= len(Settings.model_fields)


def test_prometheus_and_grafana_find_each_other() -> None:
    sources = yaml.safe_load(
        (DEPLOY / "grafana/provisioning/datasources/logsluice.yml").read_text(encoding="utf-8")
    )
    hosts = {source["url"].split("/")[2] for source in sources["datasources"]}
    assert hosts == {"prometheus:9090", "logsluice:9464"}
    scrape = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    job = scrape["scrape_configs"][0]["dns_sd_configs"][0]
    assert (job["names"], job["port"]) == (["logsluice"], Settings().http_port)


def test_the_console_is_scraped_with_its_token_and_keeps_its_store() -> None:
    scrape = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    job = next(job for job in scrape["scrape_configs"] if job["job_name"] == "logsluice-console")
    console = SERVICES["console"]
    settings = console["environment"]
    assert job["static_configs"] == [{"targets": [f"console:{ConsoleSettings().port}"]}]
    assert (
        settings["LOGSLUICE_CONSOLE__TOKEN"] == f"${{CONSOLE_TOKEN:-{job['authorization']['credentials']}}}"
    )
    [place] = [volume.partition(":")[2] for volume in console["volumes"]]
    assert str(Path(settings["LOGSLUICE_CONSOLE__STORE"]).parent) == place
    # A volume takes over who owns the directory in the image.
    assert f"--owner=10001 --group=10001 {place}" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_console_starts_with_its_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in SERVICES["console"]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = read_as(AllSettings, tmp_path / "none", tmp_path)
    with listen(settings.console.host, 0) as bound:
        check_who_may_use(settings.console, bound)
