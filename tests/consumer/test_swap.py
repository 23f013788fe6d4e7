"""A bundle that changes while the service runs: taken over between two batches, or refused."""

import threading
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from consumer.swap import BundleWatch
from consumer.telemetry.metrics import Metrics
from pipeline.bundle import (
    CLASSIFIER,
    MANIFEST,
    ROUTES,
    RULES,
    default_bundle,
    read_bundle,
    write_manifest,
)
from pipeline.cascade import Cascade, load_cascade
from pipeline.event import Event
from pipeline.memory import Remembered, VerdictMemory
from tests.support.changed_bundle import LINE, NEW_LABEL, add_label, manifest_of, with_rule
from tests.support.kafka_server import wait_until


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A bundle with one rule."""
    copy = tmp_path / "bundle"
    copytree(default_bundle(), copy)
    with_rule(copy, "Error")
    return copy


class Watched:
    """A bundle directory, a watch over it, and what the watch did."""

    def __init__(self, directory: Path, digest: str | None = None) -> None:
        self.directory = directory
        bundle = read_bundle(directory)
        self.memory = VerdictMemory()
        self.metrics = Metrics(bundle.labels)
        self.metrics.show_bundle(bundle.version)
        self.taken: list[Cascade] = []
        cascade = load_cascade(bundle, self.memory, 5_000)
        self.watch = BundleWatch(directory, digest, cascade, self.metrics, self.taken.append)

    def swaps(self, outcome: str) -> float:
        value = self.metrics.registry.get_sample_value("logsluice_bundle_swaps_total", {"outcome": outcome})
        assert value is not None
        return value

    def wait_for(self, outcome: str, count: int) -> None:
        wait_until(lambda: self.swaps(outcome) >= count, f"{count} {outcome}")
        assert self.swaps(outcome) == count

    def shows(self, version: str) -> bool:
        samples = self.metrics.registry.collect()
        shown = [s.labels["bundle"] for m in samples for s in m.samples if s.name == "logsluice_bundle_info"]
        return shown == [version]


@pytest.fixture
def watched(directory: Path) -> Iterator[Watched]:
    watched = Watched(directory)
    yield watched
    watched.watch.close()


def test_a_changed_bundle_takes_over_with_what_is_remembered(watched: Watched) -> None:
    watched.memory.put("kept", "app", Remembered("Error", 1.0, "person"))
    version = with_rule(watched.directory, "Security Alert")
    watched.wait_for("done", 1)
    (cascade,) = watched.taken
    assert cascade.bundle.version == version
    assert cascade.memory is watched.memory
    assert cascade.max_entries == 5_000
    assert [v.label for v in cascade.label([Event("app", LINE)])] == ["Security Alert"]
    wait_until(lambda: watched.shows(version), "the metric names it")
    with_rule(watched.directory, "Error")
    watched.wait_for("done", 2)
    assert watched.swaps("refused") == 0


def test_the_series_of_new_labels_are_there_when_it_takes_over(directory: Path) -> None:
    bundle = read_bundle(directory)
    metrics = Metrics(bundle.labels, ("app",))
    shown: list[str] = []
    taken = threading.Event()

    def take_over(_: Cascade) -> None:
        shown.append(generate_latest(metrics.registry).decode())
        taken.set()

    watch = BundleWatch(directory, None, load_cascade(bundle), metrics, take_over)
    try:
        assert NEW_LABEL not in generate_latest(metrics.registry).decode()
        add_label(directory)
        assert taken.wait(60)
    finally:
        watch.close()
    for source in ("app", "other"):
        series = f'logsluice_events_labelled_total{{label="{NEW_LABEL}",source="{source}",tier="rules"}} 0.0'
        assert series in shown[0]


def spoil_rules(directory: Path) -> str:
    (directory / RULES).write_text("- name: broken\n  label: Error\n  pattern: '('\n  match: ['(']\n")
    write_manifest(directory, manifest_of(directory))
    return "pattern"


def spoil_routes(directory: Path) -> str:
    (directory / ROUTES).write_text("default: [astrology]\n")
    write_manifest(directory, manifest_of(directory))
    return "the route of 'default'"


def spoil_classifier(directory: Path) -> str:
    (directory / CLASSIFIER).write_bytes(b"no arrays")
    write_manifest(directory, manifest_of(directory))
    return CLASSIFIER


def spoil_manifest(directory: Path) -> str:
    (directory / MANIFEST).write_text("{")
    return "manifest"


def swap_a_file(directory: Path) -> str:
    manifest = manifest_of(directory)
    with_rule(directory, "Security Alert")
    (directory / CLASSIFIER).write_bytes(b"another hand's")
    assert manifest.checksums[CLASSIFIER] == manifest_of(directory).checksums[CLASSIFIER]
    return "not the file that its manifest names"


@pytest.mark.parametrize(
    "spoil",
    [spoil_rules, spoil_routes, spoil_classifier, spoil_manifest, swap_a_file],
    ids=lambda f: f.__name__,
)
def test_a_bad_bundle_is_refused_once_and_a_corrected_one_taken(watched: Watched, spoil: object) -> None:
    whole = {path: path.read_bytes() for path in watched.directory.iterdir()}
    before = read_bundle(watched.directory).version
    assert callable(spoil)
    with capture_logs() as logs:
        why = spoil(watched.directory)
        watched.wait_for("refused", 1)
        watched.watch.reload()  # what is requested is reported again
        watched.wait_for("refused", 2)
    assert not watched.taken
    assert watched.shows(before)
    refusals = [entry for entry in logs if entry["event"].startswith("new bundle refused")]
    assert [entry["bundle"] for entry in refusals] == [before] * len(refusals)
    assert len(refusals) == 2
    assert why in refusals[0]["reason"]

    for path, content in whole.items():
        path.write_bytes(content)
    version = with_rule(watched.directory, "Security Alert")
    watched.wait_for("done", 1)
    assert watched.taken[0].bundle.version == version


def test_a_bundle_that_is_copied_slowly_is_taken_when_it_is_whole(watched: Watched, tmp_path: Path) -> None:
    next_one = tmp_path / "next"
    copytree(watched.directory, next_one)
    version = with_rule(next_one, "Security Alert")
    # The manifest comes first, which is the worst order.
    (watched.directory / MANIFEST).write_bytes((next_one / MANIFEST).read_bytes())
    watched.wait_for("refused", 1)
    (watched.directory / RULES).write_bytes((next_one / RULES).read_bytes())
    watched.wait_for("done", 1)
    assert watched.taken[0].bundle.version == version
    assert watched.swaps("refused") == 1


def test_a_reload_of_the_same_bundle_takes_none(watched: Watched) -> None:
    with capture_logs() as logs:
        watched.watch.reload()
        wait_until(lambda: any(e["event"] == "bundle unchanged" for e in logs), "it says so")
    assert not watched.taken
    assert watched.swaps("done") == watched.swaps("refused") == 0


def test_a_pinned_digest_holds_for_what_comes_later(directory: Path) -> None:
    watched = Watched(directory, read_bundle(directory).digest)
    try:
        with_rule(directory, "Security Alert")
        watched.wait_for("refused", 1)
        assert not watched.taken
    finally:
        watched.watch.close()


def test_a_watch_ends_at_once(watched: Watched) -> None:
    watched.watch.reload()
    watched.watch.close()
    with_rule(watched.directory, "Security Alert")
    watched.watch.reload()
    assert "bundle" not in [thread.name for thread in threading.enumerate()]
