"""The application: routes, and what stands before them."""

from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from console.auth import Guard
from console.pages import now, templates
from console.parts import Parts


def make_app(parts: Parts) -> FastAPI:
    """Return the console as an ASGI application."""
    app = FastAPI(title="logsluice", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    app.state.parts = parts
    app.add_middleware(Guard, settings=parts.settings.console)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    app.include_router(now.router)
    app.include_router(templates.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "pages" / "static"), name="static")
    return app
