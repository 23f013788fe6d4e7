"""Hot swap: a new bundle is loaded and verified beside the one that labels, and takes over between two batches."""

import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from consumer.log import get_logger
from consumer.telemetry.metrics import Metrics
from pipeline.bundle import MANIFEST, read_bundle
from pipeline.cascade import Cascade, load_cascade
from pipeline.examples import read_examples

LOOK_EVERY_S = 2.0


class BundleWatch:
    """Loads the bundle anew when its directory changes, or when told to, in a thread of its own.

    ``took_over`` is called with the new cascade, in that thread, once it is ready. A bundle that cannot be used is
    refused with a log line and a metric, and the one that labels goes on.
    """

    def __init__(
        self,
        directory: Path,
        digest: str | None,
        cascade: Cascade,
        metrics: Metrics,
        took_over: Callable[[Cascade], None],
    ) -> None:
        self._directory = directory
        self._digest = digest
        self._version = cascade.bundle.version
        self._memory = cascade.memory
        self._metrics = metrics
        self._took_over = took_over
        self._seen: str | None = cascade.bundle.digest
        self._refusal = ""
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="bundle", daemon=True)
        self._thread.start()

    def reload(self) -> None:
        """Load the bundle anew now, whether it changed or not. Returns at once; safe in a signal handler."""
        self._wanted.set()

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()
        self._wanted.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._closed.is_set():
            told = self._wanted.wait(LOOK_EVERY_S)
            self._wanted.clear()
            manifest = self._manifest()
            if self._closed.is_set() or not (told or (manifest is not None and manifest != self._seen)):
                continue
            if self._load(told):
                self._seen = manifest

    def _manifest(self) -> str | None:
        """Return the digest of the manifest that lies there now."""
        try:
            return sha256((self._directory / MANIFEST).read_bytes()).hexdigest()
        except OSError:
            return None

    def _load(self, told: bool) -> bool:
        """Return whether a bundle was loaded; one that is refused may be half copied, and is looked at again."""
        log = get_logger()
        try:
            bundle = read_bundle(self._directory, self._digest)
            if bundle.version == self._version:
                log.info("bundle unchanged", bundle=bundle.version)
                return True
            cascade = load_cascade(bundle, self._memory)
            read_examples(bundle.examples)  # the slow lane will
        except Exception as error:  # whatever loading raises: the one that labels goes on
            # Said once, however often it is looked at, and to everyone who asks.
            if told or self._refusal != str(error):
                self._refusal = str(error)
                self._metrics.bundle_swaps.labels("refused").inc()
                log.error("new bundle refused; the old one goes on", bundle=self._version, reason=str(error))
            return False
        self._metrics.add_labels(bundle.labels)
        self._took_over(cascade)
        self._metrics.show_bundle(bundle.version)
        self._metrics.bundle_swaps.labels("done").inc()
        log.info("bundle swapped", before=self._version, bundle=bundle.version)
        self._version = bundle.version
        self._refusal = ""
        return True
