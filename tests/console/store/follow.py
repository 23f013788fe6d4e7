"""A follower as a process of its own, to be killed: ``python -m tests.console.store.follow STORE BOOTSTRAP NAME``."""

import sys
import threading
import time
from pathlib import Path

from prometheus_client import CollectorRegistry

from console.store import reading
from console.store.follower import Follower
from console.store.metrics import StoreMetrics
from console.store.upkeep import Bounds
from consumer.settings import Settings
from pipeline.memory import VerdictMemory

LABELS = ("Error", "Security Alert", "Unclassified")
BOUNDS = Bounds(30 * 86_400_000, 500_000, 10_000_000)


def topics(name: str) -> dict[str, str]:
    """Return the settings of the topics whose names begin so."""
    return {
        "output_topic": f"{name}.labelled",
        "verdicts_topic": f"{name}.verdicts",
        "dead_letter_topic": f"{name}.dead",
    }


def main() -> None:
    """Follow until killed, in small batches."""
    store, bootstrap, name = sys.argv[1:]
    reading.AT_ONCE = 200
    settings = Settings(bootstrap_servers=bootstrap, **topics(name))  # type: ignore[arg-type]
    metrics = StoreMetrics(CollectorRegistry(), LABELS)
    Follower(settings, Path(store), BOUNDS, 0, metrics, VerdictMemory(), time.time).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
