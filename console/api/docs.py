"""/docs and /redoc: Swagger UI and ReDoc, from files that are installed, and without a script in the page."""

from importlib.resources import files as resources
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse, Response

from console.problems import Problem

_PACKAGED = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon.png")
_REDOC_SCRIPT = "redoc.standalone.js"
_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
"""An image that ReDoc would load from another server."""
_OURS = ("swagger.js", "redoc.js")
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The API of logsluice</title>
<link rel="icon" href="/docs/assets/favicon.png">
{head}
</head>
<body>
<div id="api"></div>
{scripts}</body>
</html>
"""
_SCRIPT = '<script src="/docs/assets/{}"></script>\n'
_SWAGGER = _PAGE.format(
    head='<link rel="stylesheet" href="/docs/assets/swagger-ui.css">',
    scripts=_SCRIPT.format("swagger-ui-bundle.js") + _SCRIPT.format("swagger.js"),
)
_REDOC = _PAGE.format(
    head="",
    scripts=_SCRIPT.format("redoc.standalone.js") + _SCRIPT.format("redoc.js"),
)


def docs_router() -> APIRouter:
    """Return the routes."""
    router = APIRouter(include_in_schema=False)
    packaged = Path(str(resources("fastapi_offline"))) / "static"
    script = (packaged / _REDOC_SCRIPT).read_bytes().replace(_LOGO, b"/docs/assets/favicon.png")

    @router.get("/docs")
    async def swagger() -> Response:
        return HTMLResponse(_SWAGGER)

    @router.get("/redoc")
    async def redoc() -> Response:
        return HTMLResponse(_REDOC)

    @router.get("/docs/assets/{name}")
    async def asset(name: str) -> Response:
        if name in _PACKAGED:
            return FileResponse(packaged / name)
        if name == _REDOC_SCRIPT:
            return Response(script, media_type="text/javascript")
        if name in _OURS:
            return FileResponse(Path(__file__).with_name(name))
        raise Problem(404, "there is no such file")

    return router
