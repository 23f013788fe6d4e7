"""The token: compared in constant time, shown as a bearer token, or as a cookie that the login page has set."""

import hashlib
import hmac

from starlette.requests import HTTPConnection

COOKIE = "logsluice_console"
_PURPOSE = b"logsluice console, cookie, version 1"


def is_token(given: str, token: str) -> bool:
    """Return whether what somebody gives is the token."""
    return hmac.compare_digest(given.encode(errors="replace"), token.encode())


def cookie_of(token: str) -> str:
    """Return what the cookie holds: it proves that the token was known, and does not reveal it."""
    return hmac.new(token.encode(), _PURPOSE, hashlib.sha256).hexdigest()


def has_bearer(connection: HTTPConnection, token: str) -> bool:
    """Return whether a request shows the token itself."""
    scheme, _, given = connection.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and is_token(given.strip(), token)


def has_cookie(connection: HTTPConnection, token: str) -> bool:
    """Return whether a request comes from a browser that has logged in."""
    return hmac.compare_digest(
        connection.cookies.get(COOKIE, "").encode(errors="replace"), cookie_of(token).encode()
    )
