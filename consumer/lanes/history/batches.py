"""Batch by batch: the raw events of a window, labelled by a bundle as the service would, into the target."""

from collections.abc import Callable, Sequence
from time import monotonic

from confluent_kafka import Message

from consumer.lanes.fast import FastProcessor
from consumer.lanes.history.before import Before, ids_of
from consumer.lanes.history.changes import Changes
from consumer.lanes.history.labels import UNKNOWN, KnownLabels, Places
from consumer.lanes.history.reader import HistoryReader
from consumer.lanes.history.report import NotLabelled
from consumer.lanes.history.shown import Shown
from consumer.lanes.history.target import Target
from consumer.lanes.lane import LEAST_WAIT_S
from consumer.records.incoming import event_id
from consumer.records.rows import Rows

WAIT_S = 0.1
IDLE_S = 10.0
MOST_NAMED = 1_000


class Relabelling:
    """Takes the events of a window to the target, and counts them.

    ``there`` has what is in the target already: only other events are published. Without a target none is.
    """

    def __init__(
        self,
        processor: FastProcessor,
        before: Before,
        changes: Changes,
        target: Target | None,
        there: KnownLabels | None,
        most_events: int,
    ) -> None:
        self._processor = processor
        self._before = before
        self._changes = changes
        self._target = target
        self._there = there if there is not None and there.found else None
        self._most = most_events
        self.events = self.published = self.published_before = self.not_kept = 0
        self.undecodable = 0
        self.stopped = False
        self.undecodable_named: list[NotLabelled] = []

    def run(self, reader: HistoryReader, shown: Shown, stopping: Callable[[], bool]) -> None:
        """Relabel all that a reader has, or until asked to stop, which is between two batches.

        Raises:
            BrokerError: the broker refuses us.
        """
        begin = reader.reached
        left: list[Message] = []
        heard_at = read_at = monotonic()
        while not stopping() and (left or not reader.at_end):
            if len(left) < self._most and not reader.at_end:
                reached = reader.reached
                # What came while the batch before was worked on has waited that long already, as in a lane.
                wait_s = max(LEAST_WAIT_S, WAIT_S - (monotonic() - read_at))
                left += reader.read(self._most - len(left), wait_s)
                read_at = monotonic()
                if reader.reached > reached:
                    heard_at = monotonic()
            if left:
                left = left[self._relabel(left) :]
            elif monotonic() - heard_at > IDLE_S:
                shown.wait("waiting for the broker, which sends no records")
                heard_at = monotonic()
            shown.reach(reader.reached - begin - len(left))
        self.stopped = bool(left) or not reader.at_end

    def _relabel(self, batch: Sequence[Message]) -> int:
        """Label and publish the first records of a batch, and return how many."""
        result = self._processor.decide(batch)
        rows = Rows.of(result.rows).events()
        labelled = rows.labelled()
        if len(labelled) < len(rows):
            self._leave_out(rows)
        messages = [message for message in labelled.messages if message is not None]
        verdicts = [verdict for verdict in labelled.verdicts if verdict is not None]
        ids = ids_of(labelled)
        before = self._before.of(batch[: result.taken], messages, ids)
        after: Places | None = None
        missing = labelled
        if self._there is not None:
            after = self._there.of(messages, ids)
            missing = labelled.at((after == UNKNOWN).nonzero()[0].tolist())
        if self._target is not None and missing:
            self.published += len(self._target.publish(missing, None))
        self.events += len(labelled)
        self.published_before += len(labelled) - len(missing)
        self.not_kept += int((before == UNKNOWN).sum())
        self._changes.count(before, verdicts, labelled.sources, after)
        return result.taken

    def _leave_out(self, rows: Rows) -> None:
        for reason, message in zip(rows.reasons, rows.messages, strict=True):
            if reason is not None and message is not None:
                self.undecodable += 1
                if len(self.undecodable_named) < MOST_NAMED:
                    self.undecodable_named.append(NotLabelled(event_id(message), reason))
