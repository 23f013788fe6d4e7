"""The security headers of every response."""

_SELF = (
    "default-src 'none'; script-src 'self'; style-src 'self'{inline}; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
CSP = _SELF.format(inline="")
CSP_OF_DOCS = _SELF.format(inline=" 'unsafe-inline'")
"""Swagger UI and ReDoc write styles into the page. Scripts are files of ours there too."""
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with that a browser names no origin when a form of ours is sent.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_STATIC = ("/static/", "/docs/assets/")


def security_headers(path: str) -> dict[str, str]:
    """Return the headers of a response to a path; a cache may keep what is the same for everybody."""
    return {
        **_ALWAYS,
        "Content-Security-Policy": CSP_OF_DOCS if path in ("/docs", "/redoc") else CSP,
        "Cache-Control": "no-cache" if path.startswith(_STATIC) else "no-store",
    }
