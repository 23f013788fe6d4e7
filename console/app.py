"""The application: routes, and what stands before them."""

from fastapi import FastAPI

from console.auth import Guard
from console.parts import Parts


def make_app(parts: Parts) -> FastAPI:
    """Return the console as an ASGI application."""
    app = FastAPI(title="logsluice", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    app.state.parts = parts
    app.add_middleware(Guard, settings=parts.settings.console)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app
