"""The pages of templates: a list to search and filter, and all that is known of one."""

from typing import Annotated, get_args

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from console.pages.charts import line
from console.pages.look import in_order
from console.pages.render import page
from console.parts import Parts
from console.store.detail import template as detail_of
from console.store.queries import templates
from console.store.rows import Filter, Order, PageOf, Point
from console.store.schema import HOUR_MS, MINUTE_MS
from pipeline.verdict import UNCLASSIFIED, Tier

router = APIRouter(prefix="/templates", include_in_schema=False)
ROWS = 50
SPANS = {"hour": HOUR_MS, "day": 24 * HOUR_MS, "week": 7 * 24 * HOUR_MS}


@router.get("")
def list_page(
    request: Request,
    search: str = "",
    label: str = "",
    tier: str = "",
    source: str = "",
    below: Annotated[float | None, Query(ge=0, le=1)] = None,
    seen: str = "",
    new: bool = False,
    order: Order = "events",
    cursor: str | None = None,
) -> Response:
    """Show templates; where htmx asks for it, the rows alone."""
    parts: Parts = request.app.state.parts
    now_ms = int(parts.clock() * 1000)
    wanted = Filter(
        search=search.strip(),
        labels=(label,) if label else (),
        tiers=(tier,) if tier else (),
        source=source.strip() or None,
        max_confidence=below,
        seen_since_ms=now_ms - SPANS[seen] if seen in SPANS else None,
        is_new=new,
    )
    try:
        with parts.store.read() as connection:
            found = templates(connection, wanted, PageOf(ROWS, order, cursor), now_ms)
    except ValueError:
        raise HTTPException(
            422, "this is not the cursor of a page of this list: begin at its start"
        ) from None
    more = None if found.next is None else str(request.url.include_query_params(cursor=found.next))
    return page(
        request,
        "template_rows.html" if "hx-request" in request.headers else "templates.html",
        rows=found.items,
        more=more,
        chosen=request.query_params,
        labels=labels_of(parts),
        tiers=get_args(Tier),
    )


@router.get("/{id}")
def template_page(request: Request, id: str) -> Response:
    """Show all that is known of a template."""
    parts: Parts = request.app.state.parts
    now_ms = int(parts.clock() * 1000)
    with parts.store.read() as connection:
        found = detail_of(connection, id, now_ms)
    if found is None:
        raise HTTPException(404, "the store has no such template: it may not have been seen for long")
    return page(
        request,
        "template.html",
        detail=found,
        row=found.row,
        labels=labels_of(parts),
        day=line(filled(found.hours, HOUR_MS, 7 * 24, now_ms), 600, 60),
        hour=line(filled(found.minutes, MINUTE_MS, 60, now_ms), 600, 60),
    )


def labels_of(parts: Parts) -> list[str]:
    """Return the labels that may be given, in the order of the pages."""
    return in_order([*parts.classifier.cascade.bundle.manifest.labels, UNCLASSIFIED])


def filled(points: tuple[Point, ...], step_ms: int, steps: int, now_ms: int) -> list[int]:
    """Return the events of each of the last steps, those without any included, oldest first."""
    known = {point.start_ms // step_ms: point.events for point in points}
    last = now_ms // step_ms
    return [known.get(at, 0) for at in range(last - steps + 1, last + 1)]
