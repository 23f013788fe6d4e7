"""The page of a template: all that is known of it, why it has its label, and the place to correct it."""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from console.api.from_store import now_ms, reading
from console.explaining import Explain
from console.pages.charts import line
from console.pages.render import page
from console.pages.templates import labels_of
from console.parts import Parts
from console.store.detail import template as detail_of
from console.store.rows import Point, TemplateDetail
from console.store.schema import HOUR_MS, MINUTE_MS
from pipeline.event import Event


def template_router(parts: Parts, explain: Explain) -> APIRouter:
    """Return the route."""
    router = APIRouter(include_in_schema=False)

    @router.get("/templates/{id}")
    def template_page(request: Request, id: str) -> Response:
        """Show all that is known of a template."""
        at_ms = now_ms(parts)
        with reading(parts) as connection:
            found = detail_of(connection, id, at_ms)
        if found is None:
            raise HTTPException(404, "the store has no such template: it may not have been seen for long")
        return page(
            request,
            "template.html",
            detail=found,
            row=found.row,
            why=explain(event_of(found), known_rule=found.row.rule),
            labels=labels_of(parts),
            day=line(filled(found.hours, HOUR_MS, 7 * 24, at_ms), 600, 60),
            hour=line(filled(found.minutes, MINUTE_MS, 60, at_ms), 600, 60),
        )

    return router


def event_of(detail: TemplateDetail) -> Event:
    """Return an event of a template: one that is kept, or else the template, from the first of its sources."""
    row = detail.row
    return Event(row.sources[0] if row.sources else "", detail.example or row.template)


def filled(points: Sequence[Point], step_ms: int, steps: int, now_ms: int) -> list[int]:
    """Return the events of each of the last steps, those without any included, oldest first."""
    known = {point.start_ms // step_ms: point.events for point in points}
    last = now_ms // step_ms
    return [known.get(at, 0) for at in range(last - steps + 1, last + 1)]
