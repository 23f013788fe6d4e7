"""Writes what was read: the counts and the offsets behind them in one transaction, so that each event counts once."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from console.store.names import Names
from console.store.places import Place
from console.store.spans import write_counts, write_dead
from console.store.tally import Tally
from console.store.template_rows import events_of_new, write_templates
from console.store.verdicts import VerdictChange, apply_verdicts


class Batch(msgspec.Struct, frozen=True):
    """What was read, and where to read on behind it."""

    tally: Tally
    verdicts: Sequence[VerdictChange]
    places: Sequence[Place]


class Writer:
    """Writes batches. It is the only one that writes, and of one thread."""

    def __init__(self, connection: sqlite3.Connection, retention_ms: int) -> None:
        self.connection = connection
        self._names = Names(connection)
        self._retention_ms = retention_ms

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all or nothing of what is written within."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            self._names.read()
            raise

    def write(self, batch: Batch, now_ms: int) -> int:
        """Write a batch, and return how many of its events have templates never seen before the last week.

        Raises:
            sqlite3.Error: nothing of it was written.
        """
        new_events = 0
        with self.transaction():
            if batch.tally.seen:
                written = write_templates(self.connection, self._names, batch.tally.seen, now_ms)
                write_counts(self.connection, self._names, written, now_ms, self._retention_ms)
                new_events = events_of_new(self.connection, written, now_ms)
            if batch.tally.dead:
                write_dead(self.connection, self._names, batch.tally.dead)
            if batch.verdicts:
                apply_verdicts(self.connection, self._names, batch.verdicts)
            self.connection.executemany(
                "INSERT INTO positions VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
                "SET topic_id = excluded.topic_id, next = excluded.next",
                [msgspec.structs.astuple(place) for place in batch.places],
            )
        return new_events

    def read_names(self) -> None:
        """Read the names again, of which some may have been removed."""
        self._names.read()

    def places(self) -> list[Place]:
        """Return where to read on."""
        found = self.connection.execute("SELECT topic, partition, topic_id, next FROM positions")
        return [Place(*row) for row in found]

    def meta(self, name: str) -> int | None:
        """Return a value that holds for the store as a whole."""
        found = self.connection.execute("SELECT value FROM meta WHERE name = ?", [name]).fetchone()
        return found[0] if found else None

    def set_meta(self, name: str, value: int) -> None:
        """Write a value that holds for the store as a whole."""
        with self.transaction():
            self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [name, value])

    def new_templates(self) -> dict[str, int]:
        """Return how many templates of each label were new, ever."""
        found = self.connection.execute(
            "SELECT name, templates FROM new_templates JOIN names ON names.id = label"
        )
        return dict(found.fetchall())

    def sizes(self) -> tuple[int, dict[str, int]]:
        """Return the number of templates, and that of the rows of the tables that grow with time."""

        def rows(table: str) -> int:
            return int(self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

        return rows("templates"), {table: rows(table) for table in ("template_minutes", "template_hours")}
