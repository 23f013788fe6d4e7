"""The store as the pages and the API have it: connections that only read, and a limit to what one query may take."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic

from console.store.schema import open_reader

DEADLINE_S = 5.0
_STEPS = 100_000


class Store:
    """Lends connections for `console.store.queries`. Safe to use from several threads.

    ``problem`` says in a sentence why the store is not up to date, None where it is.
    """

    def __init__(self, path: Path, problem: Callable[[], str | None] = lambda: None) -> None:
        self.path = path
        self.problem = problem
        self._free: SimpleQueue[sqlite3.Connection] = SimpleQueue()

    @contextmanager
    def read(self, deadline_s: float = DEADLINE_S) -> Iterator[sqlite3.Connection]:
        """Lend a connection, for queries that see one state of the store.

        Raises:
            sqlite3.OperationalError: a query took more than ``deadline_s`` seconds, and was given up.
        """
        try:
            connection = self._free.get_nowait()
        except Empty:
            connection = open_reader(self.path)
        until = monotonic() + deadline_s
        connection.set_progress_handler(lambda: monotonic() > until, _STEPS)
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.rollback()
            self._free.put(connection)

    def close(self) -> None:
        """Close the connections that are not lent."""
        while not self._free.empty():
            self._free.get_nowait().close()
