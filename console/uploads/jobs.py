"""The jobs that are known: bounded in number, each result kept for an hour, or until newer ones need the room."""

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from console.classifier import Classifier
from console.settings import ConsoleSettings
from console.uploads.job import Job
from console.uploads.spool import Spool, SpoolFullError
from console.uploads.upload import Upload

KEPT_S = 3_600.0
_AT_ONCE = 2


class Jobs:
    """Every job by its id, which nobody can guess. Safe to use from several threads. To be closed."""

    def __init__(
        self, settings: ConsoleSettings, spool: Spool, classifier: Classifier, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._spool = spool
        self._classifier = classifier
        self._clock = clock
        self._threads = ThreadPoolExecutor(_AT_ONCE, "job")
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        spool.make_room = self._forget_oldest

    def __len__(self) -> int:
        return len(self._jobs)

    def start(self, upload: Upload) -> tuple[str, Job]:
        """Begin to label an upload, in its turn, and return the job with its id.

        Raises:
            SpoolFullError: there are as many jobs as may be, and none of them has ended.
        """
        self.purge()
        while len(self._jobs) >= self._settings.jobs:
            if not self._forget_oldest():
                raise SpoolFullError(
                    f"{len(self._jobs)} files are being labelled, and no more are taken "
                    "(LOGSLUICE_CONSOLE__JOBS): try again when one is done, or remove one"
                )
        job = Job(upload, self._spool.file(), self._classifier, self._clock)
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._jobs[name] = job
        self._threads.submit(self._run, job)
        return name, job

    def get(self, name: str) -> Job | None:
        """Return a job, or None for one that is not there or no longer."""
        self.purge()
        return self._jobs.get(name)

    def remove(self, name: str) -> bool:
        """Cancel and forget a job, and remove its files; return whether it was there."""
        with self._lock:
            job = self._jobs.pop(name, None)
        if job is not None:
            _discard(job)
        return job is not None

    def purge(self) -> None:
        """Forget the jobs whose hour is over."""
        now = self._clock()
        with self._lock:
            over = [
                name
                for name, job in self._jobs.items()
                if job.finished_at is not None and now - job.finished_at >= KEPT_S
            ]
        for name in over:
            self.remove(name)

    def close(self) -> None:
        """Cancel every job, and remove all files."""
        for name in [*self._jobs]:
            self.remove(name)
        self._threads.shutdown()

    def _run(self, job: Job) -> None:
        job.run(self._settings)
        if job.cancelled:
            _discard(job)

    def _forget_oldest(self) -> bool:
        with self._lock:
            ended = [
                (job.finished_at, name) for name, job in self._jobs.items() if job.finished_at is not None
            ]
        return bool(ended) and self.remove(min(ended)[1])


def _discard(job: Job) -> None:
    """Cancel a job, and remove its files, now or when its thread has seen that it is cancelled."""
    job.cancel()
    if job.ended:
        job.upload.file.close()
        job.result.close()
