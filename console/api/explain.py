"""``/v1/explain``: why an event has its label, tier by tier."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from console.api.from_store import NO_STORE
from console.explaining import Explain
from pipeline.event import Event, Severity
from pipeline.explanation import Explanation

Said = Annotated[Severity | None, Query(description="how severe its sender says it is")]


class ToExplain(BaseModel):
    """An event whose label is to be explained."""

    message: str = Field(description="what it says")
    source: str = Field("", description="what has logged it")
    severity: Severity | None = Field(None, description="how severe its sender says it is")


def explain_router(explain: Explain) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1/explain", tags=["events"], responses=NO_STORE)

    @router.get("", summary="Why an event has its label")
    def one(
        message: Annotated[str, Query(description="what it says")],
        source: Annotated[str, Query(description="what has logged it")] = "",
        severity: Said = None,
    ) -> Explanation:
        """Template, route, and what each tier says: rules and where they match, verdicts, words, probabilities.

        A message stands in the address here, which proxies log; POST has it in the body.
        """
        return explain(Event(source, message, severity or ""))

    @router.post("", summary="Why an event has its label, the event in the body")
    def posted(given: ToExplain) -> Explanation:
        """As GET, for messages that are long or that no proxy should log."""
        return explain(Event(given.source, given.message, given.severity or ""))

    return router
