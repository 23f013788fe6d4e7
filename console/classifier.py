"""The classifier of the console: one cascade, and one thread that labels for everybody in turn."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from pipeline.cascade import Cascade
from pipeline.event import Event
from pipeline.verdict import Verdict

CHUNK_ROWS = 200
"""Events that are labelled in one go. Unknown templates take milliseconds each, and others wait meanwhile."""


class Classifier:
    """Labels chunks of events in the order they are given in, so that a long file does not keep a short one waiting.

    Safe to use from several threads. To be closed.
    """

    def __init__(self, cascade: Cascade) -> None:
        self.cascade = cascade
        self._thread = ThreadPoolExecutor(1, "label")

    @property
    def version(self) -> str:
        """Name and digest of the bundle, ``default@3f9c2a1``."""
        return self.cascade.bundle.version

    def submit(self, events: Sequence[Event]) -> "Future[list[Verdict]]":
        """Return what will be one verdict for each event, in order. Give `CHUNK_ROWS` events at most."""
        return self._thread.submit(self.cascade.label, events)

    def label(self, events: Sequence[Event]) -> list[Verdict]:
        """Return one verdict for each event, in order; waits for the turn of each chunk."""
        verdicts: list[Verdict] = []
        for start in range(0, len(events), CHUNK_ROWS):
            verdicts += self.submit(events[start : start + CHUNK_ROWS]).result()
        return verdicts

    def close(self) -> None:
        """End the thread; what waits is not labelled."""
        self._thread.shutdown(cancel_futures=True)
