"""The page Templates: a list to search and filter."""

from typing import Annotated, get_args

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from console.api.from_store import now_ms, reading
from console.pages.look import in_order
from console.pages.render import page
from console.parts import Parts
from console.store.queries import templates
from console.store.rows import Filter, Order, PageOf
from console.store.schema import HOUR_MS
from pipeline.verdict import UNCLASSIFIED, Tier

router = APIRouter(include_in_schema=False)
ROWS = 50
SPANS = {"hour": HOUR_MS, "day": 24 * HOUR_MS, "week": 7 * 24 * HOUR_MS}


@router.get("/templates")
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
    at_ms = now_ms(parts)
    wanted = Filter(
        search=search.strip(),
        labels=(label,) if label else (),
        tiers=(tier,) if tier else (),
        source=source.strip() or None,
        max_confidence=below,
        seen_since_ms=at_ms - SPANS[seen] if seen in SPANS else None,
        is_new=new,
    )
    try:
        with reading(parts) as connection:
            found = templates(connection, wanted, PageOf(ROWS, order, cursor), at_ms)
    except ValueError:
        raise HTTPException(
            422, "this is not the cursor of a page of this list: begin at its start"
        ) from None
    more = None if found.next is None else f"?{request.url.include_query_params(cursor=found.next).query}"
    return page(
        request,
        "template_rows.html" if "hx-request" in request.headers else "templates.html",
        rows=found.items,
        more=more,
        chosen=request.query_params,
        labels=labels_of(parts),
        tiers=get_args(Tier),
    )


def labels_of(parts: Parts) -> list[str]:
    """Return the labels that may be given, in the order of the pages."""
    return in_order([*parts.classifier.cascade.bundle.manifest.labels, UNCLASSIFIED])
