"""Stands before every route: refuses who may not ask, and answers every error in a sentence."""

import time
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.access.headers import security_headers
from console.access.origin import is_cross_site, is_own_host, own_hosts
from console.access.session import COOKIE, has_bearer, has_cookie
from console.metrics import ConsoleMetrics
from console.problems import Problem, answer, problem_of, wants_page
from console.settings import ConsoleSettings
from consumer.log import get_logger

HEALTH = "/healthz"
_OPEN = (HEALTH, "/login", "/favicon.ico")
_OPEN_BELOW = "/static/"


class Guard:
    """Lets a request pass that has the token, the proxy's header, or comes from this machine where neither is set."""

    def __init__(self, app: ASGIApp, settings: ConsoleSettings, metrics: ConsoleMetrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._own_hosts = own_hosts(settings)
        self._token = settings.token.get_secret_value() if settings.token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        request = Request(scope)
        headers = security_headers(request.url.path)
        begun = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                added = MutableHeaders(scope=message)
                for name, value in headers.items():
                    added.setdefault(name, value)
            await send(message)

        try:
            refusal = self._refusal(request)
            if refusal is None:
                await self._app(scope, receive, send_with_headers)
            else:
                await refusal(scope, receive, send_with_headers)
        except ClientDisconnect:
            pass
        except Exception as error:
            if status:
                # The connection is closed without the end of the answer, so that nobody takes it for whole.
                get_logger().warning(
                    "an answer was cut off", path=request.url.path, error=type(error).__name__
                )
            else:
                await answer(request, problem_of(error))(scope, receive, send_with_headers)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.count_request(route, request.method, status, time.perf_counter() - begun)

    def _refusal(self, request: Request) -> Response | None:
        """Return what to answer a request that may not pass; None for one that may."""
        path = request.url.path
        if path == HEALTH:
            return None
        if self._token is None and not is_own_host(request.headers.get("host", ""), self._own_hosts):
            return answer(
                request,
                Problem(
                    421,
                    "this console does not go by the name in the Host header: ask for 127.0.0.1, or set "
                    "LOGSLUICE_CONSOLE__PUBLIC_URL to the address by which its users reach it",
                ),
            )
        if self._token is not None and has_bearer(request, self._token):
            return None
        if is_cross_site(
            request.method, request.headers, self._settings.public_url, by_cookie=COOKIE in request.cookies
        ):
            return answer(
                request, Problem(403, "this was sent by a page of another site, so nothing was done")
            )
        if path in _OPEN or path.startswith(_OPEN_BELOW) or self._is_known(request):
            return None
        return self._who_are_you(request)

    def _is_known(self, request: Request) -> bool:
        if self._token is not None and has_cookie(request, self._token):
            return True
        if self._settings.trusted_header is not None:
            return bool(request.headers.get(self._settings.trusted_header))
        return self._token is None

    def _who_are_you(self, request: Request) -> Response:
        if self._token is None:
            return answer(
                request,
                Problem(
                    401,
                    f"the header {self._settings.trusted_header} is missing: reach this console through the proxy "
                    "that sets it",
                ),
            )
        if wants_page(request) and request.method == "GET":
            target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(target, safe='')}", 303)
        return answer(
            request,
            Problem(
                401,
                "a token is needed: send it as the header Authorization: Bearer TOKEN",
                {"WWW-Authenticate": "Bearer"},
            ),
        )
