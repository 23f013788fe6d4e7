"""The routes of all pages, and the files that they load."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from console.embeddings import Embeddings
from console.explaining import Explain
from console.map.atlas import TemplateMap
from console.pages import templates
from console.pages.file import file_router
from console.pages.live import live_router
from console.pages.map import map_router
from console.pages.now import now_router
from console.pages.review import review_router
from console.pages.rules import rules_pages
from console.pages.template import template_router
from console.parts import Parts
from training.discovery.page import STATIC as MAP_STATIC

_STATIC = Path(__file__).parent / "static"


def add_pages(
    app: FastAPI, parts: Parts, embeddings: Embeddings, explain: Explain, atlas: TemplateMap
) -> None:
    """Add the pages to an application; without a broker there is the page of files alone."""
    router = APIRouter(include_in_schema=False)
    router.include_router(now_router(parts))
    router.include_router(file_router(parts))
    if parts.store is not None:
        router.include_router(templates.router)
        router.include_router(template_router(parts, explain))
        router.include_router(review_router(parts, embeddings))
        router.include_router(map_router(parts, atlas))
        router.include_router(rules_pages(parts))
        router.include_router(live_router(parts))
    app.include_router(router)
    app.mount("/static/map", StaticFiles(directory=MAP_STATIC), name="map")
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
