"""A console that a browser can reach: served in a thread of this process, over a store that a test fills."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

import structlog
import uvicorn

from console.app import make_app
from console.classifier import Classifier
from console.corrections import Correction, Corrections
from console.parts import Parts
from console.server import address_of, listen
from console.settings import AllSettings, ConsoleSettings
from console.shadow import ShadowLabels
from console.store.labelled import labelled_reader
from console.store.schema import open_writer
from console.store.store import Store
from console.store.tally import Tally, count_labelled
from console.store.verdicts import VerdictChange
from console.store.writer import Batch, Writer
from consumer.log import configure_logging
from consumer.records.verdict import VerdictKey, VerdictValue, taxonomy_of
from pipeline.cascade import Cascade
from tests.support.kafka_server import wait_until

RETENTION_MS = 30 * 86_400_000
NOTHING = 1
"""A port that nobody listens on: there is no broker."""


class Filled:
    """A store that a test writes to, and that corrections go to at once, as they would by way of a broker."""

    def __init__(self, path: Path, cascade: Cascade, warm_ago_ms: int | None = None) -> None:
        """Make the store. Templates are new if they came after a time that is so long ago, or all of them."""
        self.path = path
        self.labels = tuple(cascade.bundle.labels)
        self.error: Exception | None = None
        """What a correction fails with."""
        self.problem: str | None = None
        """Why the store is not up to date."""
        self._taxonomy = taxonomy_of(cascade.bundle)
        self._writer = Writer(open_writer(path), RETENTION_MS)
        warm_ms = 1 if warm_ago_ms is None else int(time.time() * 1000) - warm_ago_ms
        self._writer.set_meta("warm_until_ms", warm_ms)
        self._lock = threading.Lock()
        self._read = labelled_reader("source")

    def write(self, records: Iterable[bytes], ago_ms: int = 0) -> None:
        """Add labelled records that are so old."""
        now_ms = int(time.time() * 1000)
        tally = count_labelled(((record, now_ms - ago_ms) for record in records), self._read, now_ms)
        with self._lock:
            self._writer.write(Batch(tally, (), ()), now_ms - ago_ms)

    def give(self, corrections: Iterable[Correction], label: str, author: str) -> None:
        """Take corrections as `console.corrections.Corrections` does."""
        value = VerdictValue(label, 1.0, "person", 2, int(time.time() * 1000), author)
        self._say(corrections, value)

    def undo(self, corrections: Iterable[Correction], taxonomies: Iterable[str]) -> None:
        """Take corrections back."""
        self._say(corrections, None)

    def _say(self, corrections: Iterable[Correction], value: VerdictValue | None) -> None:
        if self.error is not None:
            raise self.error
        keys = [VerdictKey(self._taxonomy, each.source, each.template, "person") for each in corrections]
        changes = [VerdictChange(key, value, 1) for key in keys]
        with self._lock:
            self._writer.write(Batch(Tally([], Counter()), changes, ()), int(time.time() * 1000))

    def close(self) -> None:
        """Close the store."""
        self._writer.connection.close()


@contextmanager
def served(
    cascade: Cascade,
    store: Path | None,
    filled: Filled | None = None,
    bundle: Path | None = None,
    shadow: ShadowLabels | None = None,
) -> Iterator[str]:
    """Serve a console for as long as the context lasts, and yield its address; without a store there is no broker.

    ``bundle`` is the directory in the settings.
    """
    # Kafka's client has much to say of a broker that is not there, at a level below ours.
    configure_logging("console", "error")
    settings = AllSettings.model_construct(
        bootstrap_servers=f"127.0.0.1:{NOTHING}",
        console=ConsoleSettings(max_file_size="2MB"),
        bundle=bundle,
    )
    with (
        listen("127.0.0.1", 0) as bound,
        closing(Classifier(cascade)) as classifier,
        closing(Store(store or Path("none"), lambda: filled.problem if filled else None)) as opened,
    ):
        parts = Parts(
            settings,
            classifier,
            time.time,
            store=opened if store else None,
            corrections=cast(Corrections, filled),
            shadow=shadow,
        )
        server = uvicorn.Server(
            uvicorn.Config(make_app(parts), log_level="critical", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            wait_until(lambda: server.started, "the console answers", 60)
            yield address_of(bound)
        finally:
            server.should_exit = True
            thread.join()
            for asking in [each for each in threading.enumerate() if each.name in ("flow", "live")]:
                asking.join(20)
            structlog.reset_defaults()
