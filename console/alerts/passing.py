"""Passes a message on to a URL: a few tries, and not longer than Alertmanager would wait."""

from collections.abc import Awaitable, Callable

import anyio
import httpx

TRIES = 3
TRY_S = 5.0
PAUSE_S = 0.5
_PASSING = frozenset((408, 425, 429))


class NotPassedOnError(Exception):
    """A message that was not taken; the text says why, and does not name the URL, which may be a secret."""


async def pass_on(url: str, body: bytes, sleep: Callable[[float], Awaitable[None]] = anyio.sleep) -> None:
    """Send a message, and return when it was taken.

    Redirects are not followed, and of an answer only its status is read.

    Raises:
        NotPassedOnError: it was refused, or not taken in any try.
    """
    why = ""
    async with httpx.AsyncClient(timeout=TRY_S, trust_env=False) as client:
        for attempt in range(TRIES):
            if attempt:
                await sleep(PAUSE_S * 2 ** (attempt - 1))
            try:
                status = await _status(client, url, body)
            except TimeoutError:
                why = f"it has not answered within {TRY_S:.0f} s"
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                why = f"it cannot be reached ({type(error).__name__})"
            else:
                if 200 <= status < 300:
                    return
                why = f"it answers {status}"
                if status < 500 and status not in _PASSING:
                    break
    raise NotPassedOnError(why)


async def _status(client: httpx.AsyncClient, url: str, body: bytes) -> int:
    with anyio.fail_after(TRY_S):  # whatever it sends, and however slowly
        async with client.stream(
            "POST", url, content=body, headers={"Content-Type": "application/json"}
        ) as response:
            return response.status_code
