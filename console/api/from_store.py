"""What the routes over the store share: the store itself, and what is answered where there is none."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from console.api.bodies import errors
from console.parts import Parts
from console.problems import Problem
from console.store.store import DEADLINE_S

NO_STORE = errors(s503="There is no store, for no broker is followed, or it does not answer in time.")
DAY_S = 86_400
MAX_WINDOW_S = 400 * DAY_S


@contextmanager
def reading(parts: Parts, deadline_s: float = DEADLINE_S) -> Iterator[sqlite3.Connection]:
    """Lend a connection to the store, for so many seconds.

    Raises:
        Problem: there is no store, or a query took too long.
    """
    if parts.store is None:
        raise Problem(
            503, "no broker is followed, so there are no templates: set LOGSLUICE_BOOTSTRAP_SERVERS"
        )
    try:
        with parts.store.read(deadline_s) as connection:
            yield connection
    except sqlite3.OperationalError as error:
        if str(error) != "interrupted":
            raise
        raise Problem(503, "the store does not answer in time: ask for less, or again") from error


def now_ms(parts: Parts) -> int:
    """Return the time, in ms since the epoch."""
    return int(parts.clock() * 1000)
