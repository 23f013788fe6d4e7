"""The shadow: a second bundle labels each template next to the live one, and nothing of it is published.

It has a thread of its own, which rests for most of the time, so that the lanes have the processor.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic, process_time, thread_time

from consumer.lanes.shadow_bundle import LOOK_EVERY_S, ShadowBundle
from consumer.log import get_logger
from consumer.telemetry.comparison import Comparison, Decided, Opinion, decided_as
from pipeline.cascade import Cascade
from pipeline.event import Event
from pipeline.verdict import Verdict

QUEUED = 2_000
"""Templates that may wait, each with one message. What does not fit is counted, and offered again later."""
SHARE_BEHIND = 0.02
"""Of the processor time that the process takes, at most, while it has a lag: so it costs little throughput, however
little of a busy or limited machine the process gets."""
SHARE = 0.2
"""Of one core, at most, while there is no lag."""
BEHIND = 100
"""Events from which on a lag counts as one: a busy stream has such a lag all the time."""
LOOK_AT_LAG_S = 0.5
AGAIN_S = 60.0
"""How long after templates were dropped they are asked for again, where there is room by then."""


def rest_s(worked_s: float, share: float) -> float:
    """Return for how long to rest after work, so that no more than a share of the time is worked, 0 to 1."""
    return worked_s * (1 / share - 1)


def opinion_of(cascade: Cascade, event: Event) -> Opinion:
    """Return what a bundle says of an event."""
    (verdict,) = cascade.label([event])
    return Opinion(verdict.label, verdict.confidence, verdict.tier, verdict.best_guess)


class Shadow:
    """Labels what it is offered, from `start` to `close`.

    The bundle is read again when its directory changes; one that cannot be used is logged and counted, and the one
    before it stays in use. ``is_behind`` says whether the service has a lag.
    """

    def __init__(
        self,
        directory: Path,
        comparison: Comparison,
        max_templates: int,
        is_behind: Callable[[], bool],
        queued: int = QUEUED,
    ) -> None:
        self._comparison = comparison
        self._bundle = ShadowBundle(directory, comparison.loads.labels("refused").inc)
        self._offer_again: Callable[[], None] = lambda: None
        self._max_templates = max_templates
        self._is_behind = is_behind
        self._queued = queued
        self._queue: deque[tuple[Event, Verdict]] = deque()
        self._waiting: set[Decided] = set()
        """What is in the queue. The lane adds to both, and the thread of the shadow takes away."""
        self._has_dropped = False
        self._again_at = 0.0
        self._filled = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)
        comparison.queue.set_function(lambda: len(self._queue))

    def start(self, offer_again: Callable[[], None]) -> None:
        """Begin, in a thread of its own.

        ``offer_again`` is called in it when the shadow wants to see all templates again: with another bundle, or
        after some were dropped.
        """
        self._offer_again = offer_again
        self._thread.start()

    def close(self) -> None:
        """Stop; what waits is dropped. A bundle that is being loaded is waited for."""
        self._closed.set()
        self._filled.set()
        self._thread.join()

    def offer(self, decided: Sequence[tuple[Event, Verdict]]) -> None:
        """Take events that stand for what the live bundle has just decided. Never waits."""
        if self._bundle.cascade is None:
            return  # all of it is asked for once there is a bundle
        dropped = 0
        for event, verdict in decided:
            key = decided_as(verdict)
            if key in self._waiting or self._comparison.is_known(key):
                continue
            if len(self._queue) >= self._queued:
                dropped += 1
                continue
            self._waiting.add(key)
            self._queue.append((event, verdict))
        if dropped:
            self._has_dropped = True
            self._comparison.dropped.inc(dropped)
        self._filled.set()

    def _run(self) -> None:
        while not self._closed.is_set():
            loaded = self._bundle.look()
            if loaded is not None:
                self._begin(loaded)
            cascade = self._bundle.cascade
            if cascade is None or not self._queue:
                self._ask_again()
                self._filled.wait(LOOK_EVERY_S)
                self._filled.clear()
                continue
            began = thread_time()
            self._label(cascade)
            worked_s = thread_time() - began
            self._comparison.seconds.inc(worked_s)
            self._rest(worked_s)

    def _begin(self, loaded: Cascade) -> None:
        self._queue.clear()
        self._waiting.clear()
        self._comparison.begin(loaded.bundle.version, loaded.bundle.labels, self._max_templates)
        self._offer_again()

    def _label(self, cascade: Cascade) -> None:
        event, live = self._queue.popleft()
        try:
            self._comparison.put(live, opinion_of(cascade, event))
        except Exception as error:  # an event that a tier cannot bear is the live bundle's to report
            get_logger().warning("the shadow cannot label a template", error=type(error).__name__)
        self._waiting.discard(decided_as(live))

    def _rest(self, worked_s: float) -> None:
        """Rest until the process has done enough other work, or while it has no lag until enough time has passed."""
        began, others_began = monotonic(), process_time()
        while not self._closed.is_set():
            if self._is_behind():
                left_s = rest_s(worked_s, SHARE_BEHIND) - (process_time() - others_began)
            else:
                left_s = rest_s(worked_s, SHARE) - (monotonic() - began)
            if left_s <= 0:
                return
            self._closed.wait(min(left_s, LOOK_AT_LAG_S))

    def _ask_again(self) -> None:
        """Ask for what was dropped, now that there is room, but not all the time."""
        if self._has_dropped and monotonic() >= self._again_at:
            self._has_dropped = False
            self._again_at = monotonic() + AGAIN_S
            self._offer_again()
