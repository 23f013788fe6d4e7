"""Hot swap: a new bundle is loaded and verified while the old one labels, and replaces it between two batches."""

import threading
from collections.abc import Callable
from pathlib import Path

from consumer.log import get_logger
from consumer.telemetry.metrics import Metrics
from pipeline.bundle import manifest_digest, read_bundle
from pipeline.cascade import Cascade, load_cascade
from pipeline.examples import read_examples

LOOK_EVERY_S = 2.0


class BundleWatch:
    """Loads the bundle again when its directory changes, or on request, in a thread of its own.

    ``on_loaded`` is called with the new cascade, in that thread. A bundle that cannot be used is refused with a log
    line and a metric, and the old one stays in use.
    """

    def __init__(
        self,
        directory: Path,
        digest: str | None,
        cascade: Cascade,
        metrics: Metrics,
        on_loaded: Callable[[Cascade], None],
    ) -> None:
        self._directory = directory
        self._digest = digest
        self._version = cascade.bundle.version
        self._memory = cascade.memory
        self._max_entries = cascade.max_entries
        self._metrics = metrics
        self._on_loaded = on_loaded
        self._seen: str | None = cascade.bundle.digest
        self._refusal = ""
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="bundle", daemon=True)
        self._thread.start()

    def reload(self) -> None:
        """Load the bundle again, whether it has changed or not. Returns at once; safe in a signal handler."""
        self._wanted.set()

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()
        self._wanted.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._closed.is_set():
            requested = self._wanted.wait(LOOK_EVERY_S)
            self._wanted.clear()
            manifest = manifest_digest(self._directory)
            if self._closed.is_set() or not (requested or (manifest is not None and manifest != self._seen)):
                continue
            if self._load(requested):
                self._seen = manifest

    def _load(self, requested: bool) -> bool:
        """Return whether a bundle was loaded. One that is refused may be half copied, and is tried again later."""
        log = get_logger()
        try:
            bundle = read_bundle(self._directory, self._digest)
            if bundle.version == self._version:
                log.info("bundle unchanged", bundle=bundle.version)
                return True
            cascade = load_cascade(bundle, self._memory, self._max_entries)
            read_examples(bundle.examples)  # the slow lane will
        except Exception as error:  # whatever loading raises: the old bundle stays in use
            # Logged once, however often it is tried, and each time somebody requests it.
            if requested or self._refusal != str(error):
                self._refusal = str(error)
                self._metrics.bundle_swaps.labels("refused").inc()
                log.error(
                    "new bundle refused; the old one stays in use", bundle=self._version, reason=str(error)
                )
            return False
        self._metrics.add_labels(bundle.labels)
        self._on_loaded(cascade)
        self._metrics.show_bundle(bundle.version)
        self._metrics.bundle_swaps.labels("done").inc()
        log.info("bundle swapped", before=self._version, bundle=bundle.version)
        self._version = bundle.version
        self._refusal = ""
        return True
