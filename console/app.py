"""The application: routes, and what stands before them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from console.access.body_limit import BodyLimit
from console.access.guard import HEALTH, Guard
from console.access.login import login_router
from console.alerts.webhook import alerts_router
from console.api.bodies import ALWAYS
from console.api.classify import classify_router
from console.api.corrections import corrections_router
from console.api.docs import docs_router
from console.api.explain import explain_router
from console.api.jobs import jobs_router
from console.api.rules import rules_router
from console.api.templates import templates_router
from console.embeddings import Embeddings
from console.explaining import explaining
from console.map.atlas import TemplateMap
from console.pages.routes import add_pages
from console.parts import Parts
from console.problems import Problem, answer, on_problem
from console.uploads.desk import Desk, open_desk
from console.uploads.spool import SpoolFullError
from files.errors import InputFileError

VERSION = "1"
"""Of the API."""
_PURGE_S = 30.0


class Health(BaseModel):
    """That the console answers, and why its store is not up to date, if it is not."""

    status: str
    store: str | None


def make_app(parts: Parts) -> FastAPI:
    """Return the console as an ASGI application."""
    settings = parts.settings.console
    desk = open_desk(settings, parts.classifier, parts.clock)
    parts.metrics.chunks_waiting.set_function(lambda: parts.classifier.waiting)
    parts.metrics.jobs.set_function(lambda: len(desk.jobs))
    parts.metrics.spool_bytes.set_function(lambda: desk.spool.used_bytes)
    atlas = TemplateMap(parts)
    app = FastAPI(
        title="logsluice",
        version=VERSION,
        summary="Labels log events by what they mean",
        docs_url=None,
        redoc_url=None,
        responses=ALWAYS,
        lifespan=lambda _: _running(desk, atlas),
        redirect_slashes=False,
    )
    app.state.parts = parts
    embeddings = Embeddings(lambda texts: parts.classifier.cascade.embedding.encoder.encode(texts))
    explain = explaining(parts, embeddings)
    app.add_middleware(BodyLimit, settings=settings)
    app.add_middleware(Guard, settings=settings, metrics=parts.metrics)  # the last that is added stands first
    for refusal in (HTTPException, InputFileError, SpoolFullError):
        app.add_exception_handler(refusal, on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.include_router(classify_router(desk, parts.classifier))
    app.include_router(explain_router(explain))
    app.include_router(jobs_router(desk))
    app.include_router(templates_router(parts))
    app.include_router(corrections_router(parts))
    app.include_router(rules_router(parts))
    app.include_router(alerts_router(parts))
    app.include_router(docs_router())
    app.include_router(login_router(settings))

    @app.get(HEALTH, tags=["operation"], summary="Whether the console answers")
    async def healthz() -> Health:
        return Health(status="ok", store=parts.store.problem() if parts.store else "no broker is followed")

    @app.get(
        "/metrics",
        tags=["operation"],
        summary="Metrics for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    async def metrics() -> Response:
        return Response(generate_latest(parts.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    add_pages(app, parts, embeddings, explain, atlas)
    return app


@asynccontextmanager
async def _running(desk: Desk, atlas: TemplateMap) -> AsyncIterator[None]:
    async def purge() -> None:
        while True:
            await asyncio.sleep(_PURGE_S)
            desk.jobs.purge()

    purging = asyncio.create_task(purge())
    yield
    purging.cancel()
    atlas.close()
    await to_thread.run_sync(desk.jobs.close)


async def _on_invalid(request: Request, error: Exception) -> Response:
    """Answer a request whose parameters or body are not what the route takes."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - for mypy: it is what the handler is for
    sentences = [
        f"{'.'.join(map(str, each['loc'][1:])) or each['loc'][0]}: {each['msg'][0].lower()}{each['msg'][1:]}"
        for each in error.errors()[:5]
    ]
    return answer(request, Problem(422, "; ".join(sentences)))
