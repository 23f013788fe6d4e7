"""The classifier of the console: one cascade, and one thread that labels for everybody in turn."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from pipeline.bundle import Bundle
from pipeline.cascade import Cascade
from pipeline.embedding import load_embedding_tier
from pipeline.event import Event
from pipeline.memory import VerdictMemory
from pipeline.verdict import Verdict

CHUNK_ROWS = 200
"""Events that are labelled in one go. Unknown templates take milliseconds each, and others wait meanwhile."""

MOST_TEMPLATES = 50_000
"""Templates that are remembered: a file has fewer kinds of messages than the stream of a cluster."""


class Classifier:
    """Labels chunks of events in the order they are given in, so that a long file does not keep a short one waiting.

    Safe to use from several threads. To be closed.
    """

    def __init__(self, cascade: Cascade) -> None:
        self.cascade = cascade
        self._thread = ThreadPoolExecutor(1, "label")
        self._lock = threading.Lock()
        self._waiting = 0

    @property
    def version(self) -> str:
        """Name and digest of the bundle, ``default@3f9c2a1``."""
        return self.cascade.bundle.version

    @property
    def waiting(self) -> int:
        """How many chunks are not labelled yet."""
        return self._waiting

    def submit(self, events: Sequence[Event]) -> "Future[list[Verdict]]":
        """Return what will be one verdict for each event, in order. Give `CHUNK_ROWS` events at most."""
        chunk = self._thread.submit(self.cascade.label, events)
        self._count(1)
        chunk.add_done_callback(lambda _: self._count(-1))
        return chunk

    def label(self, events: Sequence[Event]) -> list[Verdict]:
        """Return one verdict for each event, in order; waits for the turn of each chunk."""
        verdicts: list[Verdict] = []
        for start in range(0, len(events), CHUNK_ROWS):
            verdicts += self.submit(events[start : start + CHUNK_ROWS]).result()
        return verdicts

    def close(self) -> None:
        """End the thread; what waits is not labelled."""
        self._thread.shutdown(cancel_futures=True)

    def _count(self, more: int) -> None:
        with self._lock:
            self._waiting += more


def open_classifier(bundle: Bundle, memory: VerdictMemory) -> Classifier:
    """Load what a bundle refers to. Takes seconds. The memory may change later.

    Raises:
        BundleError: the encoder or the classifier cannot be loaded.
    """
    return Classifier(Cascade(bundle, load_embedding_tier(bundle), memory, MOST_TEMPLATES))
