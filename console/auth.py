"""Who may use the console: Host and Origin of a request, its token or its trusted header."""

from starlette.types import ASGIApp, Receive, Scope, Send

from console.settings import ConsoleSettings


class Guard:
    """Refuses requests that may not be answered. A stub: it lets all pass."""

    def __init__(self, app: ASGIApp, settings: ConsoleSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        await self._app(scope, receive, send)
