"""The page Review: the templates most worth a look, one key to label each, its neighbours at its side."""

import sqlite3
from typing import Annotated

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from console.api.from_store import now_ms, reading
from console.embeddings import Embeddings
from console.pages.neighbours import neighbours
from console.pages.render import page
from console.pages.templates import labels_of
from console.parts import Parts
from console.shadow import ShadowLabels
from console.store.detail import template as detail_of
from console.store.detail import verdicts_on
from console.store.queries import review_queue, templates
from console.store.rows import Filter, PageOf, ReviewRow
from console.store.shadow_queue import shadow_queue
from pipeline.memory import ANY_SOURCE

ROWS = 50
QUEUE_SEARCHED, FREQUENT_SEARCHED = 200, 300
"""Among which the neighbours are looked for: the first of the queue, and the most frequent templates."""
MOST_PICKED = 200
"""Templates that can be picked for the queue: their ids stand in the address."""
KEYS = "1234567890"
SHADOW = "shadow"
NOBODY = "console"
"""The author of corrections where no proxy names one."""


class Given(msgspec.Struct, frozen=True):
    """What a person has said of a template for every source. ``author`` is empty where nobody is named."""

    id: str
    label: str
    author: str


def review_router(parts: Parts, embeddings: Embeddings) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/review", include_in_schema=False)

    @router.get("")
    def queue_page(
        request: Request,
        label: str = "",
        source: str = "",
        search: str = "",
        id: Annotated[list[str], Query(max_length=MOST_PICKED)] = [],  # noqa: B006 - FastAPI copies it
        of: str = "",
    ) -> Response:
        """Show the queue, or of those templates alone that are picked by their ids.

        With ``of=shadow`` the queue is what a shadow bundle labels differently.
        """
        shadow = parts.shadow if of == SHADOW else None
        wanted = Filter(
            search=search.strip(),
            labels=(label,) if label else (),
            source=source.strip() or None,
            ids=tuple(id),
        )
        with reading(parts) as connection:
            queue = (
                _differences(connection, shadow, wanted, now_ms(parts))
                if shadow
                else [(e, suggestion(e)) for e in review_queue(connection, ROWS, wanted, now_ms(parts))]
            )
        labels = labels_of(parts)
        return page(
            request,
            "review.html",
            queue=queue,
            shadow=parts.shadow.version if parts.shadow else None,
            of_shadow=shadow is not None,
            labels=labels,
            keys=[(label, KEYS[place] if place < len(KEYS) else "") for place, label in enumerate(labels)],
            chosen=request.query_params,
            picked=id,
            again=f"{request.url.path}?{request.url.query}",
        )

    @router.get("/given")
    def given(id: Annotated[list[str], Query(max_length=500)]) -> Response:
        """Return what people have said of templates by now: by this browser or by another."""
        with reading(parts) as connection:
            said = [
                Given(each.template_id, each.label, "" if each.author == NOBODY else each.author)
                for each in verdicts_on(connection, id)
                if each.by == "person" and each.source == ANY_SOURCE
            ]
        return Response(msgspec.json.encode(said), media_type="application/json")

    @router.get("/{id}")
    def more(request: Request, id: str) -> Response:
        """Show more of a template of the queue, and its neighbours."""
        at_ms = now_ms(parts)
        with reading(parts) as connection:
            found = detail_of(connection, id, at_ms)
            if found is None:
                raise HTTPException(404, "the store has no such template any more")
            queue = review_queue(connection, QUEUE_SEARCHED, Filter(), at_ms)
            frequent = templates(connection, Filter(), PageOf(FREQUENT_SEARCHED), at_ms).items
        others = {each.id: each for each in (*(each.row for each in queue), *frequent) if not each.corrected}
        return page(
            request,
            "review_more.html",
            detail=found,
            row=found.row,
            neighbours=neighbours(found.row, list(others.values()), embeddings),
        )

    return router


def _differences(
    connection: sqlite3.Connection, shadow: ShadowLabels, wanted: Filter, at_ms: int
) -> list[tuple[ReviewRow, str]]:
    labels = {number: said.label for number, said in shadow.opinions.items()}
    return shadow_queue(connection, labels, ROWS, wanted, at_ms)


def suggestion(of: ReviewRow) -> str:
    """Return the label that a template probably has: the LLM's, or the best guess, or the one it has."""
    row = of.row
    return row.model_label or row.best_guess or row.label
