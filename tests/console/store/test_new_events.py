"""Which events are of templates that were never seen before the last week."""

from pathlib import Path

from prometheus_client import CollectorRegistry

from console.store.labelled import labelled_reader
from console.store.metrics import StoreMetrics
from console.store.tally import count_labelled
from console.store.writer import Batch, Writer
from tests.console.store.events import DAY_MS, NOW_MS, labelled, writer


def new_events(to: Writer, templates: list[str], at_ms: int) -> int:
    records = [(labelled(template), at_ms) for template in templates]
    return to.write(Batch(count_labelled(records, labelled_reader(), at_ms), (), ()), at_ms)


def test_the_events_of_a_template_are_new_for_a_week_once_the_store_is_warm(tmp_path: Path) -> None:
    to = writer(tmp_path / "store.db", warm_ms=NOW_MS)
    assert new_events(to, ["early", "early"], NOW_MS - DAY_MS) == 0
    assert new_events(to, ["early", "later", "later"], NOW_MS) == 2
    assert new_events(to, ["later", "latest"], NOW_MS + 6 * DAY_MS) == 2
    assert new_events(to, ["later", "latest", "latest"], NOW_MS + 7 * DAY_MS) == 2
    assert new_events(to, [], NOW_MS) == 0


def test_the_series_are_there_at_zero() -> None:
    registry = CollectorRegistry()
    metrics = StoreMetrics(registry, ("Error",))

    def value(template: str) -> float | None:
        return registry.get_sample_value("logsluice_store_events_total", {"template": template})

    assert (value("new"), value("known")) == (0, 0)
    metrics.count_events(7, 3)
    assert (value("new"), value("known")) == (3, 4)
