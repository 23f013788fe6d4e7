"""One file being labelled: it runs in a thread, can be asked how far it has come, and can be cancelled."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from console.classifier import CHUNK_ROWS, Classifier
from console.problems import Problem, problem_of
from console.settings import ConsoleSettings
from console.uploads.spool import SpoolFile
from console.uploads.upload import Upload, open_upload
from files.labelling import write_labelled
from files.notes import sentences
from files.table import Format, Row
from pipeline.event import Event
from pipeline.verdict import Tier, Verdict

State = Literal["waiting", "running", "done", "failed", "cancelled"]
MOST_SAMPLES = 50
"""Rows of each label and tier that are shown before the result is downloaded."""
_SHOWN_CHARS = 2_000


class Sample(msgspec.Struct, frozen=True):
    """A labelled row as it is shown: its place in the file from 1, and the start of its message."""

    row: int
    source: str
    message: str
    verdict: Verdict


class Progress(msgspec.Struct, frozen=True):
    """How far a job has come. ``seconds_left`` is None as long as nothing can be said."""

    rows: int
    rows_per_second: float
    share: float
    seconds: float
    seconds_left: float | None


class CancelledError(Exception):
    """The job was cancelled."""


class Job:
    """Labels an upload into a result. ``clock`` gives seconds; ``finished_at`` is None until it has ended."""

    def __init__(
        self, upload: Upload, result: SpoolFile, classifier: Classifier, clock: Callable[[], float]
    ) -> None:
        self.upload = upload
        self.result = result
        self.state: State = "waiting"
        self.format: Format | None = None
        self.problem: Problem | None = None
        self._counts: Counter[tuple[str, Tier]] = Counter()
        self._samples: dict[tuple[str, Tier], list[Sample]] = {}
        self.notes: list[str] = []
        self.finished_at: float | None = None
        self._classifier = classifier
        self._clock = clock
        self._started_at = 0.0
        self._rows = 0
        self._place: Callable[[], int] = lambda: 0
        self._cancelled = threading.Event()
        self._lock = threading.Lock()

    def run(self, settings: ConsoleSettings) -> None:
        """Label all rows; what goes wrong is kept in ``problem``."""
        try:
            self._check()
            self._started_at = self._clock()
            self.state = "running"
            self._label(settings)
            self.state = "done"
        except CancelledError:
            self.state = "cancelled"
        except Exception as error:  # said to whoever asks for the result
            self.problem = problem_of(error)
            self.state = "failed"
        self.upload.file.close()
        self.finished_at = self._clock()

    def cancel(self) -> None:
        """Make the job end at the next chunk of rows."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether the job was cancelled; it may still be at its last chunk."""
        return self._cancelled.is_set()

    @property
    def ended(self) -> bool:
        """Whether nothing more happens."""
        return self.finished_at is not None

    def progress(self) -> Progress:
        """Return how far the job has come; any thread may ask."""
        if self.state == "waiting":
            return Progress(0, 0.0, 0.0, 0.0, None)
        end = self._clock() if self.finished_at is None else self.finished_at
        seconds = max(end - self._started_at, 1e-6)
        share = 1.0 if self.state == "done" else min(1.0, self._place() / max(1, self.upload.file.size))
        left = seconds * (1 - share) / share if share and self.state == "running" else None
        return Progress(self._rows, self._rows / seconds, share, seconds, left)

    def most_common(self) -> list[tuple[tuple[str, Tier], int]]:
        """Return the events by label and tier, most first."""
        with self._lock:
            return self._counts.most_common()

    def rows(self, label: str | None, tier: str | None) -> list[Sample]:
        """Return the rows that are shown, of one label or tier where they are given, in their order."""
        with self._lock:
            found = [
                sample
                for (its_label, its_tier), samples in self._samples.items()
                if label in (None, its_label) and tier in (None, its_tier)
                for sample in samples
            ]
        return sorted(found, key=lambda sample: sample.row)

    def _label(self, settings: ConsoleSettings) -> None:
        table, reader = open_upload(self.upload, settings)
        self.format = table.format
        self._place = lambda: reader.place
        output = self.result.text()
        for chunk, verdicts in write_labelled(table, output, self._verdicts, CHUNK_ROWS):
            self._note(chunk, verdicts)
        output.flush()
        self.notes = sentences(table.notes)

    def _verdicts(self, events: Sequence[Event]) -> list[Verdict]:
        self._check()
        return self._classifier.label(events)

    def _check(self) -> None:
        if self.cancelled:
            raise CancelledError

    def _note(self, chunk: Sequence[Row], verdicts: Sequence[Verdict]) -> None:
        with self._lock:
            self._counts.update((verdict.label, verdict.tier) for verdict in verdicts)
            for number, ((event, _, _), verdict) in enumerate(zip(chunk, verdicts, strict=True), start=1):
                samples = self._samples.setdefault((verdict.label, verdict.tier), [])
                if len(samples) < MOST_SAMPLES:
                    message = event.message[:_SHOWN_CHARS]
                    samples.append(Sample(self._rows + number, event.source[:200], message, verdict))
            self._rows += len(chunk)
