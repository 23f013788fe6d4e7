"""``/v1/templates``, ``/v1/top``, ``/v1/new``: what the labelled topic has held, by template."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from console.api.bodies import errors
from console.api.from_store import DAY_S, MAX_WINDOW_S, NO_STORE, now_ms, reading
from console.parts import Parts
from console.problems import Problem
from console.store import queries
from console.store.detail import template
from console.store.rows import Filter, Order, PageOf, TemplateDetail, TemplateRow, TopRow
from pipeline.verdict import Tier

MAX_ROWS = 500
Limit = Annotated[int, Query(ge=1, le=MAX_ROWS, description="how many at most")]
Time = Annotated[int | None, Query(ge=0, le=1 << 52)]
Share = Annotated[float | None, Query(ge=0, le=1)]
Text = Annotated[str, Query(max_length=1_000)]
Label = Annotated[str | None, Query(max_length=200, description="only templates with this label")]


class TemplatesOut(BaseModel):
    """A page of templates."""

    templates: list[TemplateRow]
    next: str | None = Field(description="the cursor of the next page; null on the last one")


class TopOut(BaseModel):
    """The most frequent templates of a window."""

    top: list[TopRow]


class NewOut(BaseModel):
    """Templates that were never seen before, the newest first."""

    new: list[TemplateRow]
    warm_until_ms: int | None = Field(
        description="from when on a template that was never seen is new; null while the store reads what was there"
    )


def templates_router(parts: Parts) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1", tags=["templates"], responses=NO_STORE)

    @router.get("/templates", summary="Search templates")
    def search(
        search: Text = "",
        label: Annotated[list[str], Query(max_length=100)] = [],  # noqa: B006 - FastAPI copies it
        tier: Annotated[list[Tier], Query(max_length=5)] = [],  # noqa: B006
        source: Annotated[str | None, Query(max_length=1_000)] = None,
        min_confidence: Share = None,
        max_confidence: Share = None,
        seen_since_ms: Time = None,
        first_seen_since_ms: Time = None,
        new: bool = False,
        order: Order = "events",
        limit: Limit = 50,
        cursor: Annotated[
            str | None, Query(max_length=200, description="``next`` of the page before")
        ] = None,
    ) -> TemplatesOut:
        wanted = Filter(
            search,
            tuple(label),
            tuple(tier),
            source,
            min_confidence,
            max_confidence,
            seen_since_ms,
            first_seen_since_ms,
            new,
        )
        with reading(parts) as connection:
            try:
                page = queries.templates(connection, wanted, PageOf(limit, order, cursor), now_ms(parts))
            except ValueError as error:
                raise Problem(422, str(error)) from error
        return TemplatesOut(templates=list(page.items), next=page.next)

    @router.get(
        "/templates/{id}",
        summary="All that is known of a template",
        responses=errors(s404="The store has no such template."),
    )
    def one(id: str) -> TemplateDetail:
        with reading(parts) as connection:
            found = template(connection, id, now_ms(parts))
        if found is None:
            raise Problem(404, "the store has no such template, or has it no more")
        return found

    @router.get("/top", summary="The most frequent templates")
    def top(
        label: Label = None,
        window_s: Annotated[
            int, Query(ge=60, le=MAX_WINDOW_S, description="from so many seconds ago on")
        ] = 3600,
        limit: Limit = 20,
    ) -> TopOut:
        labels = (label,) if label is not None else ()
        with reading(parts) as connection:
            return TopOut(top=queries.top(connection, limit, window_s, now_ms(parts), labels))

    @router.get("/new", summary="Templates that were never seen before")
    def new(
        label: Label = None,
        window_s: Annotated[
            int, Query(ge=1, le=MAX_WINDOW_S, description="from so many seconds ago on")
        ] = DAY_S,
        limit: Limit = 100,
    ) -> NewOut:
        now = now_ms(parts)
        with reading(parts) as connection:
            found = queries.new(connection, now - window_s * 1000, now, limit, label)
            return NewOut(new=found, warm_until_ms=queries.totals(connection).warm_until_ms)

    return router
