"""``/v1/corrections``: a person's label for templates, given and taken back; it holds in every replica."""

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from console.api.bodies import errors
from console.api.from_store import NO_STORE, reading
from console.corrections import Correction, Corrections, RefusedCorrectionError
from console.parts import Parts
from console.problems import Problem
from console.store.detail import corrections, verdicts_on
from console.store.queries import texts
from console.store.rows import GivenVerdict
from consumer.errors import BrokerError
from pipeline.memory import ANY_SOURCE

MOST = 1_000
Source = Annotated[
    str, Field(max_length=1_000, description="the source that it holds for; * is every source")
]
Id = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
_ANSWERS = NO_STORE | errors(
    s404="The store has no such template.",
    s409="The broker refuses the record.",
)


class CorrectionIn(BaseModel):
    """A label for one template, or for many."""

    model_config = ConfigDict(extra="forbid")

    template_id: Id | None = Field(None, description="the id of a template")
    template_ids: list[Id] = Field([], max_length=MOST, description="or the ids of several")
    label: str = Field(max_length=200, description="a label of the bundle, Unclassified included")
    source: Source = ANY_SOURCE


class CorrectionOut(BaseModel):
    """A correction that holds, or that was taken back, from the next event on."""

    template_id: str
    template: str
    source: str
    label: str | None = Field(description="null where it was taken back")


class CorrectionsOut(BaseModel):
    """Corrections that the broker has acknowledged."""

    corrections: list[CorrectionOut]


class GivenOut(BaseModel):
    """What people have said of templates, the newest first."""

    corrections: list[GivenVerdict]


def corrections_router(parts: Parts) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1/corrections", tags=["corrections"], responses=NO_STORE)
    trusted = parts.settings.console.trusted_header

    def publisher() -> Corrections:
        if parts.corrections is None:
            raise Problem(
                503, "no broker is followed, so nothing can be corrected: set LOGSLUICE_BOOTSTRAP_SERVERS"
            )
        return parts.corrections

    def texts_of(ids: Sequence[str]) -> dict[str, str]:
        with reading(parts) as connection:
            found = texts(connection, ids)
        missing = [id for id in ids if id not in found]
        if missing:
            raise Problem(404, f"the store has no template {missing[0]}, so nothing was changed")
        return found

    def done(found: dict[str, str], source: str, label: str | None) -> CorrectionsOut:
        return CorrectionsOut(
            corrections=[
                CorrectionOut(template_id=id, template=text, source=source, label=label)
                for id, text in found.items()
            ]
        )

    @router.get("", summary="What people have said")
    def given(limit: Annotated[int, Query(ge=1, le=MOST)] = 100) -> GivenOut:
        with reading(parts) as connection:
            return GivenOut(corrections=corrections(connection, limit))

    @router.post("", summary="Give templates a label", responses=_ANSWERS)
    def give(body: CorrectionIn, request: Request) -> CorrectionsOut:
        to = publisher()
        ids = [*dict.fromkeys([*([body.template_id] if body.template_id else []), *body.template_ids])]
        if not ids:
            raise Problem(422, "no template is named: give template_id, or template_ids")
        _check_label(body.label, to.labels)
        found = texts_of(ids)
        author = request.headers.get(trusted, "") if trusted else ""
        said = [Correction(text, body.source) for text in found.values()]
        with _answering():
            to.give(said, body.label, author or "console")
        return done(found, body.source, body.label)

    @router.delete("/{template_id}", summary="Take a correction back", responses=_ANSWERS)
    def undo(template_id: Id, source: Source = ANY_SOURCE) -> CorrectionsOut:
        to = publisher()
        with reading(parts) as connection:
            known = [
                each
                for each in verdicts_on(connection, [template_id])
                if each.by == "person" and each.source == source
            ]
        found = {each.template_id: each.template for each in known} or texts_of([template_id])
        # Taken back even where the store has not heard of it: it may have been given a moment ago.
        with _answering():
            to.undo([Correction(found[template_id], source)], [each.taxonomy for each in known])
        return done(found, source, None)

    return router


@contextmanager
def _answering() -> Iterator[None]:
    """Turn what the broker says into answers."""
    try:
        yield
    except RefusedCorrectionError as error:
        raise Problem(409, str(error)) from error
    except BrokerError as error:
        raise Problem(503, str(error), {"Retry-After": "5"}) from error


def _check_label(label: str, labels: Sequence[str]) -> None:
    if label not in labels:
        near = difflib.get_close_matches(label, labels, n=1, cutoff=0.5)
        guess = f"did you mean {near[0]!r}? " if near else ""
        raise Problem(422, f"{label!r} is no label of the bundle: {guess}there are {', '.join(labels)}")
