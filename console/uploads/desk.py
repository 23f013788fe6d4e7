"""What the routes of uploads share."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from console.classifier import Classifier
from console.settings import ConsoleSettings
from console.uploads.job import Job
from console.uploads.jobs import Jobs
from console.uploads.receiving import receive_form
from console.uploads.spool import Spool
from console.uploads.upload import Upload, check_start, check_unpacked
from files.labelled import Reading

MOST_WAITING, MOST_STREAMS = 32, 20
"""Files at once that a client waits for, the others in their turn; files at once that are streamed."""


@dataclass(frozen=True)
class Desk:
    """Takes files, and has them labelled."""

    settings: ConsoleSettings
    classifier: Classifier
    clock: Callable[[], float]
    spool: Spool
    jobs: Jobs
    waiting: CapacityLimiter
    streams: CapacityLimiter

    async def receive(self, request: Request, reading: Reading) -> Upload:
        """Receive the file of a form.

        Raises:
            Problem: there is none, or it is damaged.
            InputFileError: its start shows that it cannot be labelled, or it is too large.
            SpoolFullError: there is no room for it.
        """
        file = self.spool.file()
        try:
            name = await receive_form(
                request,
                file,
                self.settings.max_file_size,
                lambda start, name: check_start(start, name, reading, self.settings),
            )
            upload = Upload(file, name, reading)
            await to_thread.run_sync(check_unpacked, upload, self.settings)
        except BaseException:
            file.close()
            raise
        return upload

    def start(self, upload: Upload) -> tuple[str, Job]:
        """Have an upload labelled in the background, and return the job with its id.

        Raises:
            SpoolFullError: there is no room for it.
        """
        try:
            return self.jobs.start(upload)
        except BaseException:
            upload.file.close()
            raise

    async def label(self, upload: Upload, receive: Receive) -> Job:
        """Label an upload while its sender waits, and return the job when it has ended; cancel it if he leaves."""
        job = Job(upload, self.spool.file(), self.classifier, self.clock)
        async with _while_connected(receive, job.cancel):
            await to_thread.run_sync(job.run, self.settings, limiter=self.waiting)
        if job.cancelled:
            job.result.close()
            raise ClientDisconnect
        return job


def open_desk(settings: ConsoleSettings, classifier: Classifier, clock: Callable[[], float]) -> Desk:
    """Return a desk with nothing on it."""
    spool = Spool(settings.spool_dir, settings.jobs_size)
    jobs = Jobs(settings, spool, classifier, clock)
    return Desk(
        settings, classifier, clock, spool, jobs, CapacityLimiter(MOST_WAITING), CapacityLimiter(MOST_STREAMS)
    )


@asynccontextmanager
async def _while_connected(receive: Receive, on_leave: Callable[[], None]) -> AsyncIterator[None]:
    """Call ``on_leave`` if the client closes the connection before the block ends. The body must have been read."""

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        on_leave()

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
