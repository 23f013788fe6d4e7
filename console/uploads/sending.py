"""Sends the result of a job."""

from urllib.parse import quote

from anyio import to_thread
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from console.uploads.job import Job
from console.uploads.upload import MEDIA_TYPES, result_name
from files.table import Format


def headers_of(name: str, format: Format) -> dict[str, str]:
    """Return the headers of a labelled file that was sent under a name."""
    shown = result_name(name, format)
    return {
        "Content-Type": MEDIA_TYPES[format],
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(shown, safe='')}",
    }


class ResultResponse(Response):
    """Sends the result of a job that is done; where that is ``once``, its file is removed then."""

    def __init__(self, job: Job, *, once: bool = False) -> None:
        headers = headers_of(job.upload.name, job.format or "text")
        super().__init__(headers={**headers, "Content-Length": str(job.result.size)})
        self._result = job.result
        self._once = once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, a piece at a time."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            place = 0
            while data := await to_thread.run_sync(self._result.read_at, place):
                await send({"type": "http.response.body", "body": data, "more_body": True})
                place += len(data)
            await send({"type": "http.response.body", "body": b""})
        finally:
            if self._once:
                self._result.close()
