"""``/v1/jobs``: a file labelled in the background. ``/v1/preview``: what a file is, by its start."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from console.api.bodies import FILE, FORM, LABELLED, NO_ROOM, errors
from console.api.classify import VerdictOut, verdict_out
from console.api.reading import Reading
from console.problems import Problem
from console.uploads.desk import Desk
from console.uploads.job import Job, Sample, State
from console.uploads.preview import preview_of
from console.uploads.receiving import receive_start
from console.uploads.sending import ResultResponse
from console.uploads.upload import name_of
from files.table import Format
from pipeline.verdict import Tier


class CountOut(BaseModel):
    """How many events have a label from a tier."""

    label: str
    tier: Tier
    events: int


class JobOut(BaseModel):
    """A file being labelled."""

    id: str
    name: str = Field(description="what the file is called")
    state: State
    format: Format | None = Field(description="what the file is; null until it has been opened")
    rows: int = Field(description="rows labelled so far")
    rows_per_second: float
    share: float = Field(description="how much of the file is done, 0 to 1")
    seconds: float = Field(description="how long it has taken so far")
    seconds_left: float | None = Field(description="how long it may yet take; null where nothing can be said")
    counts: list[CountOut] = Field(description="events by label and tier, most first")
    notes: list[str] = Field(description="what was odd in the file, in sentences; when it is done")
    error: str | None = Field(description="why it has failed")
    result: str | None = Field(description="where the labelled file is, when it is done")


class SampleOut(VerdictOut):
    """A row of the labelled file."""

    row: int = Field(description="its place among the rows, from 1")
    source: str
    log_message: str = Field(description="the start of the message")


class PreviewOut(BaseModel):
    """What a file is, as its start shows."""

    format: Format
    columns: list[str] = Field(description="the columns of CSV, or the members of the first object")
    message_column: str | None = Field(description="the one that is read as the message")
    source_column: str | None = Field(description="the one that is read as the source")
    rows: list["PreviewRow"]


class PreviewRow(BaseModel):
    """A row as it is read."""

    source: str
    log_message: str


def jobs_router(desk: Desk) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1", tags=["jobs"])
    no_job = errors(s404="There is no such job, or its hour is over.")

    def job_of(id: str) -> Job:
        job = desk.jobs.get(id)
        if job is None:
            raise Problem(404, "there is no such job: a result is kept for an hour")
        return job

    @router.post("/preview", openapi_extra=FILE, summary="Look at the start of a file")
    async def preview(
        request: Request,
        reading: Reading,
        name: Annotated[
            str | None, Query(description="Name of the file; its suffix says what it is.")
        ] = None,
    ) -> PreviewOut:
        """Send the first 64 KB: nothing is kept of them."""
        start = await receive_start(request.stream())
        found = await to_thread.run_sync(preview_of, start, name_of(name or ""), reading, desk.settings)
        return PreviewOut(
            format=found.format,
            columns=found.columns,
            message_column=found.message_column,
            source_column=found.source_column,
            rows=[PreviewRow(source=each.source, log_message=each.message) for each in found.events],
        )

    @router.post(
        "/jobs",
        status_code=202,
        responses=NO_ROOM,
        openapi_extra=FORM,
        summary="Label a file in the background",
    )
    async def start(request: Request, response: Response, reading: Reading) -> JobOut:
        """Answers as soon as the file has been received. The result is kept for an hour, as long as there is room."""
        id, job = desk.start(await desk.receive(request, reading))
        response.headers["Location"] = f"/v1/jobs/{id}"
        return job_out(id, job)

    @router.get("/jobs/{id}", responses=no_job, summary="How far a job has come")
    async def progress(id: str) -> JobOut:
        """Ask as often as you like."""
        return job_out(id, job_of(id))

    @router.get("/jobs/{id}/rows", responses=no_job, summary="Some labelled rows")
    async def rows(
        id: str,
        label: Annotated[str | None, Query(description="Of this label alone.")] = None,
        tier: Annotated[Tier | None, Query(description="Of this tier alone.")] = None,
        limit: Annotated[int, Query(ge=1, le=1_000, description="So many at most.")] = 100,
    ) -> list[SampleOut]:
        """The first 50 rows of each label and tier, as far as the job has come."""
        return [sample_out(each) for each in job_of(id).rows(label or None, tier)[:limit]]

    @router.get(
        "/jobs/{id}/result",
        response_class=Response,
        responses={**LABELLED, **no_job, **errors(s409="The job has not ended.")},
        summary="The labelled file",
    )
    async def result(id: str) -> Response:
        """The whole of it."""
        job = job_of(id)
        if job.problem is not None:
            raise job.problem
        if job.state != "done":
            raise Problem(409, f"the job is {job.state}: ask /v1/jobs/{id} how long it may yet take")
        return ResultResponse(job)

    @router.delete("/jobs/{id}", status_code=204, responses=no_job, summary="Cancel or remove a job")
    async def remove(id: str) -> None:
        """Ends it if it is running, and removes its files."""
        if not desk.jobs.remove(id):
            raise Problem(404, "there is no such job")

    return router


def job_out(id: str, job: Job) -> JobOut:
    """Return a job as the API shows it."""
    progress = job.progress()
    return JobOut(
        id=id,
        name=job.upload.name,
        state=job.state,
        format=job.format,
        rows=progress.rows,
        rows_per_second=progress.rows_per_second,
        share=progress.share,
        seconds=progress.seconds,
        seconds_left=progress.seconds_left,
        counts=[CountOut(label=label, tier=tier, events=count) for (label, tier), count in job.most_common()],
        notes=job.notes,
        error=job.problem.detail if job.problem is not None else None,
        result=f"/v1/jobs/{id}/result" if job.state == "done" else None,
    )


def sample_out(sample: Sample) -> SampleOut:
    """Return a labelled row as the API shows it."""
    return SampleOut(
        row=sample.row,
        source=sample.source,
        log_message=sample.message,
        **verdict_out(sample.verdict).model_dump(),
    )
