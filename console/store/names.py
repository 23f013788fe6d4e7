"""Names that are written once and stand in the other tables as numbers."""

import sqlite3
from collections.abc import Iterable

MAX_SOURCES = 2_000


class Names:
    """The numbers of labels, tiers, rules and bundles, and of sources, of which there is a limited number.

    To be read again after a transaction that was rolled back.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names: dict[str, int] = {}
        self._sources: dict[str, int] = {}
        self.read()

    def read(self) -> None:
        """Read what the store holds."""
        self._names = _numbers(self._connection, "names")
        self._sources = _numbers(self._connection, "sources")

    def of(self, name: str | None) -> int:
        """Return the number of a name, 0 for none."""
        return self._number("names", self._names, name or "")

    def source(self, name: str) -> int | None:
        """Return the number of a source; None where it is a new one, and there is no room for more."""
        if name not in self._sources and len(self._sources) >= MAX_SOURCES:
            return None
        return self._number("sources", self._sources, name)

    def _number(self, table: str, known: dict[str, int], name: str) -> int:
        number = known.get(name)
        if number is None:
            added = self._connection.execute(f"INSERT INTO {table}(name) VALUES (?)", [name]).lastrowid
            known[name] = number = int(added or 0)
        return number


def _numbers(connection: sqlite3.Connection, table: str) -> dict[str, int]:
    rows: Iterable[tuple[str, int]] = connection.execute(f"SELECT name, id FROM {table}")
    return dict(rows)
