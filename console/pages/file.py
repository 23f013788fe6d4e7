"""The page Label a file: what a browser does with `console.api.jobs`. It needs no broker."""

from typing import get_args

from fastapi import APIRouter, Request
from starlette.responses import Response

from console.pages.look import label_class
from console.pages.render import page
from console.pages.templates import labels_of
from console.parts import Parts
from pipeline.verdict import Tier

CALLED = {"csv": "CSV", "jsonl": "JSON", "text": "plain text"}


def file_router(parts: Parts) -> APIRouter:
    """Return the route."""
    router = APIRouter(include_in_schema=False)
    settings = parts.settings.console

    @router.get("/file")
    def file_page(request: Request) -> Response:
        """Show the page; all else is done by its script."""
        labels = labels_of(parts)
        return page(
            request,
            "file.html",
            formats=[CALLED[each] for each in settings.supported_formats if each in CALLED],
            most_bytes=int(settings.max_file_size),
            labels=labels,
            classes={label: label_class(label) for label in labels},
            tiers=get_args(Tier),
        )

    return router
