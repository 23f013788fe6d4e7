"""The page Rules: what is suggested, what each rule would do, and a button that adds it to the bundle."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from console.pages.render import page
from console.pages.review import MOST_PICKED
from console.parts import Parts
from console.problems import Problem
from console.suggesting import Picked, suggested_from_store, why_not
from pipeline.errors import BundleError
from training.suggesting.entries import decides
from training.suggesting.suggest import Wanted
from training.suggesting.suggestion import Suggestion

SHOWN = 20
Ids = Annotated[list[str], Query(max_length=MOST_PICKED)]


def rules_pages(parts: Parts) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/rules", include_in_schema=False)

    @router.get("")
    def rules_page(request: Request, id: Ids = [], label: str = "") -> Response:  # noqa: B006 - FastAPI copies it
        """Show the page; what is suggested takes a moment, and follows."""
        return page(
            request, "rules.html", why_not=why_not(parts), picked=id, label=label, query=request.url.query
        )

    @router.get("/suggested")
    def suggested(request: Request, id: Ids = [], label: str = "") -> Response:  # noqa: B006
        """Show what is suggested; of templates picked by their ids, rules that give these a label."""
        picked = Picked(tuple(id), label) if id else None
        try:
            found = suggested_from_store(parts, Wanted(limit=SHOWN, events=1 if picked else 2), picked)
        except BundleError as error:
            raise Problem(503, str(error)) from error
        rules = [
            (each, decides(each, found.days), msgspec.json.encode(_body(each)).decode())
            for each in found.suggestions
        ]
        return page(
            request, "rules_suggested.html", found=found, rules=rules, picked=picked, why_not=why_not(parts)
        )

    return router


def _body(suggestion: Suggestion) -> dict[str, object]:
    """Return a rule as ``POST /v1/rules`` takes it."""
    fields = msgspec.structs.asdict(suggestion.rule)
    return {name: value for name, value in fields.items() if value is not None}
