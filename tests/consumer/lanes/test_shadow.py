"""The shadow's thread: what it is offered, what it has no room for, and a bundle that comes late or is broken."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from consumer.lanes.shadow import Shadow, rest_s
from consumer.telemetry.comparison import Comparison
from pipeline.bundle import CLASSIFIER, MANIFEST, read_bundle
from pipeline.event import Event
from pipeline.verdict import Verdict
from tests.support.changed_bundle import LINE, with_rule
from tests.support.kafka_server import wait_until


@pytest.fixture
def directory(tmp_path: Path, small: Path) -> Path:
    """A bundle whose one rule calls `LINE` a Security Alert."""
    copy = tmp_path / "next"
    copytree(small, copy)
    with_rule(copy, "Security Alert")
    return copy


class Watched:
    """A shadow that works, its metrics, and how often it has asked for all templates."""

    def __init__(self, directory: Path, queued: int = 100) -> None:
        self.registry = CollectorRegistry()
        self.comparison = Comparison(self.registry, ("Error", "Security Alert", "Unclassified"))
        self.asked = 0
        self.hold = threading.Event()
        self.hold.set()
        self.shadow = Shadow(directory, self.comparison, 1_000, self.is_behind, queued)

    def is_behind(self) -> bool:
        assert self.hold.wait(60)
        return False

    def ask(self) -> None:
        self.asked += 1

    def value(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"logsluice_shadow_{name}", labels) or 0.0

    def loaded(self, times: int) -> None:
        wait_until(
            lambda: self.value("loads_total", outcome="done") == times and self.asked >= times, "loaded"
        )


def verdict(template: str, label: str = "Error") -> Verdict:
    return Verdict(label, 0.9, "embedding", template)


@pytest.fixture
def watched(directory: Path) -> Iterator[Watched]:
    watched = Watched(directory)
    with closing(watched.shadow):
        watched.shadow.start(watched.ask)
        watched.loaded(1)
        yield watched


def test_the_whole_message_decides_and_each_template_is_labelled_once(watched: Watched) -> None:
    live = verdict("another text, as masked")
    watched.shadow.offer([(Event("app", LINE), live), (Event("app", LINE), live)])
    watched.shadow.offer([(Event("app", LINE), live)])
    wait_until(lambda: watched.value("templates_total", agrees="no") == 1, "it is labelled")
    watched.shadow.offer([(Event("app", LINE), live)])
    assert watched.value("queue") == 0
    watched.comparison.count([(live, "app", 7)])
    assert watched.value("events_total", label="Error", shadow="Security Alert", agrees="no") == 7
    [difference], _ = watched.comparison.differences(10)
    assert (difference.template, difference.count, difference.shadow.tier) == (live.template, 7, "rules")
    assert watched.value("seconds_total") > 0


def test_what_does_not_fit_is_counted_and_asked_for_again(directory: Path) -> None:
    watched = Watched(directory, queued=2)
    with closing(watched.shadow):
        watched.shadow.start(watched.ask)
        watched.loaded(1)
        watched.hold.clear()  # behind the first template it rests until it is let
        offered = [(Event("app", f"{name} {LINE}"), verdict(name)) for name in "abcdef"]
        watched.shadow.offer(offered)
        dropped = watched.value("templates_dropped_total")
        assert dropped in (3, 4)  # it may have taken one meanwhile
        watched.hold.set()
        wait_until(lambda: watched.asked == 2, "it asks again")
        assert watched.value("templates_total", agrees="no") == 6 - dropped


def test_a_directory_without_a_bundle_is_reported_once_and_looked_at_again(
    directory: Path, tmp_path: Path
) -> None:
    later = tmp_path / "later"
    watched = Watched(later)
    with capture_logs() as logs, closing(watched.shadow):
        watched.shadow.start(watched.ask)
        wait_until(lambda: watched.value("loads_total", outcome="refused") == 1, "it is refused")
        watched.shadow.offer([(Event("app", LINE), verdict("x"))])
        assert watched.value("queue") == 0
        watched.comparison.count([(verdict("x"), "app", 1)])
        assert watched.value("events_unknown_total") == 0
        copytree(directory, later)
        watched.loaded(1)
    assert [each["log_level"] for each in logs if each["event"] == "shadow bundle refused"][:1] == ["warning"]
    assert watched.comparison.version == read_bundle(directory).version


def test_another_bundle_is_compared_from_nothing_and_a_broken_one_not_at_all(
    watched: Watched, directory: Path
) -> None:
    live = verdict("one")
    watched.shadow.offer([(Event("app", LINE), live)])
    wait_until(lambda: watched.value("templates_total", agrees="no") == 1, "it is labelled")
    watched.comparison.count([(live, "app", 1)])
    version = with_rule(directory, "Error")
    watched.loaded(2)
    assert watched.comparison.differences(10) == ([], 0)
    watched.comparison.count([(live, "app", 4)])
    assert watched.value("events_unknown_total") == 4
    assert watched.value("bundle_info", bundle=version) == 1

    (directory / CLASSIFIER).write_bytes(b"broken")
    (directory / MANIFEST).write_bytes((directory / MANIFEST).read_bytes() + b"\n")
    wait_until(lambda: watched.value("loads_total", outcome="refused") == 1, "it is refused")
    watched.shadow.offer([(Event("app", LINE), live)])
    wait_until(lambda: watched.value("templates_total", agrees="yes") == 1, "the one before labels on")
    assert watched.comparison.version == version


@given(st.floats(0, 10), st.floats(0.001, 1))
def test_no_more_than_a_share_of_the_time_is_worked(worked_s: float, share: float) -> None:
    rest = rest_s(worked_s, share)
    assert rest >= 0
    assert worked_s <= share * (worked_s + rest) * (1 + 1e-9)
