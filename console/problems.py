"""What is wrong with a request, as one sentence: JSON for programs, a plain page for browsers."""

from html import escape

import msgspec
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response

from console.uploads.spool import SpoolFullError
from consumer.log import get_logger
from files.errors import FileFormatError, FileSizeError, InputFileError

OURS = "an error of ours, not of the request; the log of the console says more"
RETRY_AFTER_S = 60


class ErrorBody(BaseModel):
    """What is wrong, and what to do about it."""

    error: str


class Problem(HTTPException):
    """A request that is refused; ``detail`` is a sentence."""

    def __init__(self, status_code: int, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status_code, sentence, headers)


def problem_of(error: Exception) -> Problem:
    """Return how an error is answered. One that nobody foresaw is logged, and its text is not shown."""
    match error:
        case HTTPException():
            return Problem(error.status_code, error.detail, dict(error.headers or {}))
        case FileFormatError():
            return Problem(415, _as_parameters(str(error)))
        case FileSizeError():
            return Problem(413, _as_parameters(str(error)))
        case InputFileError():
            return Problem(422, _as_parameters(str(error)))
        case SpoolFullError():
            return Problem(503, str(error), {"Retry-After": str(RETRY_AFTER_S)})
    get_logger().error("a request failed", exc_info=error)
    return Problem(500, OURS)


def answer(connection: HTTPConnection, problem: HTTPException) -> Response:
    """Return the response that says what is wrong, in the form that the client reads."""
    if wants_page(connection):
        content = PAGE.format(title=f"{problem.status_code}", body=f"<p>{escape(problem.detail)}</p>")
        return HTMLResponse(content, problem.status_code, problem.headers)
    body = msgspec.json.encode({"error": problem.detail})
    return Response(body, problem.status_code, problem.headers, "application/json")


def wants_page(connection: HTTPConnection) -> bool:
    """Return whether a browser asks for a page, rather than a program, or a script of a page."""
    headers = connection.headers
    navigates = headers.get("sec-fetch-mode", "navigate") == "navigate" and "hx-request" not in headers
    return navigates and "text/html" in headers.get("accept", "")


async def on_problem(request: Request, error: Exception) -> Response:
    """Answer what a route, or the framework, refuses."""
    return answer(request, problem_of(error))


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - logsluice</title>
<link rel="stylesheet" href="/static/console.css">
</head>
<body>
<main>
<h1>logsluice</h1>
{body}
</main>
</body>
</html>
"""


def _as_parameters(sentence: str) -> str:
    """Return a sentence about a file with the parameters of a request where it names options of the command line."""
    for option in ("format", "encoding", "source-column", "message-column"):
        sentence = sentence.replace(f"--{option}", option.replace("-", "_"))
    return sentence
