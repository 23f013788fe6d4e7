"""The Kubernetes manifests: kustomize builds them, the schemas hold, and they agree with the code."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from console.access.guard import HEALTH
from console.settings import AllSettings
from consumer.settings import Settings, read_as, read_settings
from consumer.telemetry.health import STALLED_AFTER_S
from deploy import prometheus_rule
from logsluice.cli.main import main
from tests.deploy.metric_names import ROOT
from tests.support.missing import skip_in_words

DIRECTORY = ROOT / "deploy" / "kubernetes"
VERSIONS = ("1.33", kubernetes_validate.latest_version())
"""The oldest that has volumes from images, and the newest."""

FROM_OPERATORS = {"ScaledObject", "PodMonitor", "PrometheusRule"}
"""Kinds that Kubernetes itself has no schema for."""

Objects = list[dict[str, Any]]


def _kustomize(directory: Path) -> Objects:
    if not shutil.which("kubectl"):
        skip_in_words("kubectl is not on the PATH: the manifests are not built, only their files are read")
    result = subprocess.run(["kubectl", "kustomize", directory], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return list(yaml.safe_load_all(result.stdout))


def _with_bundle(tmp_path: Path) -> Objects:
    """Return the full set with the console and a bundle of one's own; kustomize wants relative paths."""
    kustomization = {
        "resources": [os.path.relpath(DIRECTORY / "full", tmp_path)],
        "components": [os.path.relpath(DIRECTORY / name, tmp_path) for name in ("console", "bundle")],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    return _kustomize(tmp_path)


def _option(command: str, name: str) -> Any:
    """Return an option of a command of ours."""
    found: Any = main
    for part in command.split():
        found = found.get_command(click.Context(found), part)
    return next(option for option in found.params if option.name == name)


def _of_kind(objects: Objects, kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in objects if each["kind"] == kind}


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_built_is_valid(tmp_path: Path, version: str) -> None:
    kinds = set()
    for each in _kustomize(DIRECTORY / "base") + _with_bundle(tmp_path):
        kinds.add(each["kind"])
        if each["kind"] not in FROM_OPERATORS:
            kubernetes_validate.validate(each, version, strict=True)
    assert kinds >= FROM_OPERATORS | {"Deployment", "PodDisruptionBudget", "NetworkPolicy", "ConfigMap"}


@pytest.mark.parametrize(
    "path",
    sorted(path for name in ("base", "console") for path in (DIRECTORY / name).glob("*.yaml")),
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_each_file_is_valid(path: Path) -> None:
    for each in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        if each["kind"] not in ("Kustomization", "Component"):
            kubernetes_validate.validate(each, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("lane", ["fast", "slow"])
def test_pods_run_what_exists_and_may_do_little(lane: str) -> None:
    deployment = yaml.safe_load((DIRECTORY / "base" / f"{lane}.yaml").read_text(encoding="utf-8"))
    pod = deployment["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert container["args"] == ["run", "--lane", lane]
    assert container["ports"][0]["containerPort"] == Settings().http_port
    assert pod["terminationGracePeriodSeconds"] >= STALLED_AFTER_S
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert pod["automountServiceAccountToken"] is False
    for each in (container, *pod.get("initContainers", ())):
        assert each["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_the_console_may_do_little_and_writes_to_its_volume_alone(tmp_path: Path) -> None:
    path = DIRECTORY / "console" / "console.yaml"
    deployment, claim, service = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    settings = read_as(AllSettings, DIRECTORY / "console" / "settings.env", tmp_path).console
    spec = deployment["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    pod = spec["template"]["spec"]
    [container] = pod["containers"]
    assert container["args"] == ["serve"]
    assert container["ports"] == [{"name": "http", "containerPort": settings.port}]
    assert container["livenessProbe"]["httpGet"]["path"] == HEALTH
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    [volume] = [each for each in pod["volumes"] if "persistentVolumeClaim" in each]
    assert volume["persistentVolumeClaim"] == {"claimName": claim["metadata"]["name"]}
    [mount] = [each for each in container["volumeMounts"] if each["name"] == volume["name"]]
    assert {str(settings.store.parent), str(settings.spool_dir)} == {mount["mountPath"]}
    labels = spec["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == spec["selector"]["matchLabels"] == labels


@pytest.mark.parametrize("lane", ["fast", "slow"])
def test_the_command_line_knows_the_lanes(lane: str) -> None:
    assert lane in _option("run", "lane").type.choices


def test_the_settings_are_settings(tmp_path: Path) -> None:
    settings = read_settings(DIRECTORY / "base" / "settings.env", tmp_path)
    assert settings.bootstrap_servers == "kafka-bootstrap.kafka.svc:9092"


def test_scaling_follows_the_settings_and_ends_at_the_partitions() -> None:
    objects = _kustomize(DIRECTORY / "full")
    settings = read_settings(DIRECTORY / "base" / "settings.env", DIRECTORY)
    scaled = _of_kind(objects, "ScaledObject")
    deployments = _of_kind(objects, "Deployment")
    topics = {"logsluice-fast": settings.input_topic[0], "logsluice-slow": settings.pending_topic}
    for name, topic in topics.items():
        assert scaled[name]["spec"]["scaleTargetRef"]["name"] in deployments
        assert "replicas" not in deployments[name]["spec"]
        metadata = scaled[name]["spec"]["triggers"][0]["metadata"]
        assert metadata["bootstrapServers"] == settings.bootstrap_servers
        assert metadata["topic"] == topic
        assert metadata["allowIdleConsumers"] == "false"
    partitions = _option("topics create", "partitions").default
    assert scaled["logsluice-fast"]["spec"]["maxReplicaCount"] == partitions


def test_monitoring_finds_the_pods_under_the_name_that_the_rules_expect() -> None:
    objects = _kustomize(DIRECTORY / "full")
    monitor = _of_kind(objects, "PodMonitor")["logsluice"]["spec"]
    for deployment in _of_kind(objects, "Deployment").values():
        template = deployment["spec"]["template"]
        assert monitor["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
        assert template["metadata"]["labels"][monitor["jobLabel"]] == "logsluice"
        ports = {port["name"] for port in template["spec"]["containers"][0]["ports"]}
        assert {endpoint["port"] for endpoint in monitor["podMetricsEndpoints"]} <= ports


def test_the_operators_rules_are_current() -> None:
    assert prometheus_rule.PATH.read_text(encoding="utf-8") == prometheus_rule.rendered(), (
        "run `python -m deploy.prometheus_rule`"
    )
