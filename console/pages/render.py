"""Templates to pages. Everything that is shown is escaped; what a template names must be there."""

from typing import Any

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from console.api.from_store import now_ms
from console.pages import shown
from console.pages.look import label_class
from console.parts import Parts
from files.terminal import printable

_environment = Environment(
    loader=PackageLoader("console.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(
    count=shown.count,
    short=shown.short,
    share=shown.share,
    ago=shown.ago,
    utc=shown.utc,
    label_class=label_class,
    printable=printable,
)

PAGES = (
    ("/", "Now"),
    ("/file", "Label a file"),
    ("/review", "Review"),
    ("/rules", "Rules"),
    ("/templates", "Templates"),
    ("/map", "Map"),
    ("/live", "Live"),
)
WITHOUT_BROKER = frozenset({"/file"})


def page(request: Request, template: str, **values: Any) -> HTMLResponse:
    """Return a page, or where htmx asks for it, the part of a page that a template is."""
    parts: Parts = request.app.state.parts
    rendered = _environment.get_template(template).render(
        path=request.url.path,
        pages=[each for each in PAGES if parts.store is not None or each[0] in WITHOUT_BROKER],
        has_store=parts.store is not None,
        problem=parts.store.problem() if parts.store is not None else None,
        bundle=parts.classifier.cascade.bundle.version,
        now_ms=now_ms(parts),
        **values,
    )
    return HTMLResponse(rendered)
