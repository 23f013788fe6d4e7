"""``/classify``: a file sent, the same file sent back with labels. ``/v1/classify``: events, and their verdicts."""

import asyncio

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from console.api.bodies import FILE, FORM, LABELLED, NO_ROOM
from console.api.reading import FileName, Reading
from console.classifier import CHUNK_ROWS, Classifier
from console.uploads.desk import Desk
from console.uploads.sending import ResultResponse
from console.uploads.streaming import StreamedResponse
from console.uploads.upload import name_of
from pipeline.event import Event
from pipeline.verdict import Tier, Verdict

MOST_EVENTS = 10_000


class EventIn(BaseModel):
    """A log event."""

    source: str = Field("", description="what has logged it")
    log_message: str = Field(description="what it says")


class EventsIn(BaseModel):
    """Events to be labelled."""

    events: list[EventIn] = Field(max_length=MOST_EVENTS)


class VerdictOut(BaseModel):
    """What an event means."""

    label: str = Field(description="its label; Unclassified where no tier is sure")
    confidence: float = Field(description="probability of the label, or of the best guess, 0 to 1")
    tier: Tier = Field(description="who decided")
    rule: str | None = Field(description="the rule that matched")
    template: str = Field(description="the message, masked")
    best_guess: str | None = Field(description="the label it would have been, where no tier is sure")


class VerdictsOut(BaseModel):
    """A verdict for each event, in their order."""

    bundle: str = Field(description="the bundle that has labelled them")
    verdicts: list[VerdictOut]


def verdict_out(verdict: Verdict) -> VerdictOut:
    """Return a verdict as the API shows it."""
    return VerdictOut.model_validate(verdict, from_attributes=True)


def classify_router(desk: Desk, classifier: Classifier) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["files"])

    @router.post("/classify/", include_in_schema=False)
    @router.post(
        "/classify",
        response_class=Response,
        responses={**LABELLED, **NO_ROOM},
        openapi_extra=FORM,
        summary="Label a file",
    )
    async def classify(request: Request, reading: Reading) -> Response:
        """Answers when all of the file is labelled. CSV stays CSV, JSON becomes JSON Lines, text becomes CSV."""
        job = await desk.label(await desk.receive(request, reading), request.receive)
        if job.problem is not None:
            job.result.close()
            raise job.problem
        return ResultResponse(job, once=True)

    @router.put(
        "/classify",
        response_class=Response,
        responses={**LABELLED, **NO_ROOM},
        openapi_extra=FILE,
        summary="Label a file while it is being sent",
    )
    async def stream(reading: Reading, name: FileName = None) -> Response:
        """Rows come back while others are still being sent. An answer without its end says that something was wrong."""
        return StreamedResponse(desk, name_of(name or ""), reading)

    @router.put("/classify/{name}", include_in_schema=False)
    async def stream_by_name(reading: Reading, name: str) -> Response:
        return StreamedResponse(desk, name_of(name), reading)

    @router.post("/v1/classify", tags=["events"], summary="Label events")
    async def classify_events(request: Request, given: EventsIn) -> VerdictsOut:
        """A verdict for each event, in their order. A kind of message not seen before takes milliseconds."""
        events = [Event(each.source, each.log_message) for each in given.events]
        verdicts: list[Verdict] = []
        for start in range(0, len(events), CHUNK_ROWS):
            chunk = await asyncio.wrap_future(classifier.submit(events[start : start + CHUNK_ROWS]))
            verdicts += chunk
            if await request.is_disconnected():
                break
        return VerdictsOut(bundle=classifier.version, verdicts=[verdict_out(each) for each in verdicts])

    return router
