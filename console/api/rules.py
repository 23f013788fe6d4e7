"""``/v1/rules/suggestions``: rules that suggest themselves from what the store has."""

from fastapi import APIRouter
from pydantic import BaseModel

from console.api.from_store import NO_STORE, reading
from console.api.templates import Limit
from console.parts import Parts
from console.store.suggestions import Suggestion, suggestions


class SuggestionsOut(BaseModel):
    """Rules to look at: a person decides."""

    suggestions: list[Suggestion]


def rules_router(parts: Parts) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/v1/rules", tags=["rules"], responses=NO_STORE)

    @router.get("/suggestions", summary="Rules that suggest themselves")
    def suggested(limit: Limit = 20) -> SuggestionsOut:
        with reading(parts) as connection:
            return SuggestionsOut(suggestions=suggestions(connection, limit))

    return router
