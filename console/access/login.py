"""/login and /logout: the token once, a cookie from then on."""

from html import escape
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console.access.session import COOKIE, cookie_of, is_token
from console.problems import PAGE
from console.settings import ConsoleSettings

_LASTS_S = 7 * 24 * 3_600
_FORM = """<form method="post" action="/login">
<input type="hidden" name="next" value="{next}">
<p><label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus></p>
<p>{wrong}</p>
<p><button type="submit">Log in</button></p>
</form>
<p><a href="{next}">Go on, if this browser has logged in before</a></p>
"""


def login_router(settings: ConsoleSettings) -> APIRouter:
    """Return the routes; without a token there is nothing to log in to."""
    router = APIRouter(include_in_schema=False)
    token = settings.token.get_secret_value() if settings.token else None

    @router.get("/login")
    async def page(next: Annotated[str, Query()] = "/") -> Response:
        return RedirectResponse(_local(next), 303) if token is None else _page(next)

    @router.post("/login")
    async def login(request: Request) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
        target = _local(fields.get("next", ["/"])[0])
        if token is None or not is_token(fields.get("token", [""])[0].strip(), token):
            return _page(target, "This is not the token.", 403)
        response = RedirectResponse(target, 303)
        response.set_cookie(
            COOKIE,
            cookie_of(token),
            max_age=_LASTS_S,
            httponly=True,
            samesite="strict",
            secure=(settings.public_url or str(request.url)).startswith("https:"),
        )
        return response

    @router.post("/logout")
    async def logout() -> Response:
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return response

    return router


def _page(next: str, wrong: str = "", status: int = 200) -> Response:
    body = _FORM.format(next=escape(_local(next)), wrong=wrong)
    return HTMLResponse(PAGE.format(title="Log in", body=body), status)


def _local(target: str) -> str:
    """Return where to go after the login, if it is a path of this console."""
    is_path = target.startswith("/") and not target.startswith("//") and "\\" not in target
    return target if is_path and target.isprintable() else "/"
