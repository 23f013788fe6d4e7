"""The page Live: the labelled stream, by server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from console.live import FullError, Line, LiveStream, Wanted
from console.pages.look import label_class
from console.pages.render import page
from console.pages.templates import labels_of
from console.parts import Parts
from console.problems import Problem

TICK_S = 0.5
LINES_A_TICK = 20
KEPT_LINES = 300
_ALIVE_TICKS = 30
"""After so many ticks without an event something is sent all the same, so that proxies keep the connection open."""


class Sent(msgspec.Struct, frozen=True):
    """What has come since the last time: the newest lines, and how many more there were."""

    lines: list[Line]
    left_out: int
    problem: str | None


def live_router(parts: Parts) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/live", include_in_schema=False)
    keeps = parts.settings.console.keep_examples
    stream = LiveStream(parts.settings, keeps)

    @router.get("")
    def live_page(request: Request, label: str = "", source: str = "", search: str = "") -> Response:
        """Show the page; its script asks for the events."""
        labels = labels_of(parts)
        return page(
            request,
            "live.html",
            labels=labels,
            classes={each: label_class(each) for each in labels},
            chosen={"label": label, "source": source, "search": search},
            kept=KEPT_LINES,
            a_second=int(LINES_A_TICK / TICK_S),
            keeps=keeps,
        )

    @router.get("/events")
    async def events(
        label: Annotated[list[str] | None, Query(max_length=50)] = None,
        source: str = "",
        search: str = "",
    ) -> Response:
        """Send the events that are wanted as they come, until the browser leaves."""
        wanted = Wanted(
            frozenset(each for each in label or () if each), source.strip(), search.strip().lower()
        )
        sending = _events(stream, wanted)
        try:
            first = await anext(sending)
        except FullError:
            raise Problem(503, "too many people look at the stream already: close a window of it") from None
        return StreamingResponse(_after(first, sending), media_type="text/event-stream")

    return router


async def _events(stream: LiveStream, wanted: Wanted) -> AsyncIterator[bytes]:
    with stream.viewer(wanted, LINES_A_TICK) as viewer:
        yield b"retry: 2000\n\n"
        silent, said = 0, None
        while True:
            await asyncio.sleep(TICK_S)
            lines, left_out = viewer.take()
            silent += 1
            if lines or stream.problem != said or silent >= _ALIVE_TICKS:
                silent, said = 0, stream.problem
                yield b"data: " + msgspec.json.encode(Sent(lines, left_out, said)) + b"\n\n"


async def _after(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for each in others:
        yield each
