"""The page Map: the store's templates by what they mean; a group that is picked there is labelled or reviewed."""

from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from console.map.atlas import State, TemplateMap
from console.map.drawing import columns
from console.pages.render import page
from console.pages.review import MOST_PICKED
from console.pages.templates import labels_of
from console.parts import Parts
from training.discovery.page import SCRIPTS


class Shown(msgspec.Struct, frozen=True):
    """The state of the map, and its templates, None where it is not drawn yet. ``newer`` are not on it."""

    state: State
    newer: int = 0
    data: dict[str, Any] | None = None


def map_router(parts: Parts, atlas: TemplateMap) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/map", include_in_schema=False)

    @router.get("")
    def map_page(request: Request) -> Response:
        """Show the page; its script asks for the rest."""
        return page(
            request,
            "map.html",
            scripts=[name for name in SCRIPTS if name != "map_start.js"],
            labels=labels_of(parts),
            has_clusters=atlas.state().has_clusters,
            most_picked=MOST_PICKED,
        )

    @router.get("/data")
    def data() -> Response:
        """Return the map with what the store says now; where it is due, it is drawn again meanwhile."""
        rows = atlas.rows()
        state, drawn = atlas.draw_where_due(rows), atlas.drawn
        if drawn is None:
            return _json(Shown(state))
        found = columns(rows, drawn)
        return _json(Shown(state, len(rows) - len(found["id"]), found))

    @router.get("/state")
    def state() -> Response:
        """Return what there is of the map."""
        return _json(atlas.state())

    @router.post("/again")
    def again() -> Response:
        """Draw it again, from what the store has now."""
        return _json(atlas.draw_where_due(atlas.rows(), again=True))

    return router


def _json(value: State | Shown) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
