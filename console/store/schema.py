"""The tables of the store, and opening its file: by the one who writes it, and by those who read."""

import sqlite3
from pathlib import Path

from consumer.errors import ConsumerError

VERSION = 1
_NEW = 0
MINUTE_MS, HOUR_MS = 60_000, 3_600_000

# `templates` is kept narrow, without any text, and has no index for its orders and filters: reading through the whole
# of it for a page is cheaper than keeping so many indexes up at every batch. `id` is the hash that the world knows a
# template by; `number` counts up, which keeps the other tables and the index of the search a third of the size.
TABLES = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

-- Where to read on: `next` is the offset of the next record. `topic_id` tells a topic from one that was made again.
CREATE TABLE positions(
  topic TEXT NOT NULL, partition INTEGER NOT NULL, topic_id TEXT NOT NULL, next INTEGER NOT NULL,
  PRIMARY KEY (topic, partition)) WITHOUT ROWID;

-- Labels, tiers, rules and bundles, each written once; 0 stands for none.
CREATE TABLE names(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO names VALUES (0, '');
CREATE TABLE sources(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

-- What was last said of each template. Times are in ms since the epoch, by the records; `read_ms` is when the store
-- last read an event of it, and `new_ms` when it found it new, 0 where it was not. `person` is 1 where somebody has
-- corrected it, `model` the label that an LLM gave it.
CREATE TABLE templates(
  number INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL UNIQUE,
  label INTEGER NOT NULL, tier INTEGER NOT NULL, rule INTEGER NOT NULL,
  best_guess INTEGER NOT NULL, bundle INTEGER NOT NULL, confidence REAL NOT NULL, events INTEGER NOT NULL,
  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, read_ms INTEGER NOT NULL, new_ms INTEGER NOT NULL,
  person INTEGER NOT NULL DEFAULT 0, model INTEGER NOT NULL DEFAULT 0);
CREATE TABLE texts(number INTEGER PRIMARY KEY, template TEXT NOT NULL, example TEXT);
CREATE VIRTUAL TABLE search USING fts5(
  template, content = 'texts', content_rowid = 'number', tokenize = 'trigram');

CREATE TABLE template_sources(
  template INTEGER NOT NULL, source INTEGER NOT NULL, PRIMARY KEY (template, source)) WITHOUT ROWID;
CREATE INDEX templates_of_source ON template_sources(source);

-- Each verdict that a template has had.
CREATE TABLE history(
  template INTEGER NOT NULL, label INTEGER NOT NULL, tier INTEGER NOT NULL, rule INTEGER NOT NULL,
  best_guess INTEGER NOT NULL, bundle INTEGER NOT NULL, events INTEGER NOT NULL, first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL, PRIMARY KEY (template, label, tier, rule, best_guess, bundle)) WITHOUT ROWID;

-- Events by time: `minute` and `hour` count from the epoch. An event is counted in both.
CREATE TABLE template_minutes(
  minute INTEGER NOT NULL, template INTEGER NOT NULL, events INTEGER NOT NULL,
  PRIMARY KEY (minute, template)) WITHOUT ROWID;
CREATE TABLE template_hours(
  hour INTEGER NOT NULL, template INTEGER NOT NULL, events INTEGER NOT NULL,
  PRIMARY KEY (hour, template)) WITHOUT ROWID;
CREATE TABLE label_minutes(
  minute INTEGER NOT NULL, label INTEGER NOT NULL, tier INTEGER NOT NULL, events INTEGER NOT NULL,
  PRIMARY KEY (minute, label, tier)) WITHOUT ROWID;
CREATE TABLE label_hours(
  hour INTEGER NOT NULL, label INTEGER NOT NULL, tier INTEGER NOT NULL, events INTEGER NOT NULL,
  PRIMARY KEY (hour, label, tier)) WITHOUT ROWID;
CREATE TABLE dead_minutes(
  minute INTEGER NOT NULL, reason INTEGER NOT NULL, events INTEGER NOT NULL,
  PRIMARY KEY (minute, reason)) WITHOUT ROWID;
CREATE TABLE dead_hours(
  hour INTEGER NOT NULL, reason INTEGER NOT NULL, events INTEGER NOT NULL,
  PRIMARY KEY (hour, reason)) WITHOUT ROWID;

-- The verdicts topic, compacted, by the id of the template and with its text: the template itself may be gone. `run`
-- tells what the last reading of the topic found: it is read from its beginning each time.
CREATE TABLE verdicts(
  id INTEGER NOT NULL, source TEXT NOT NULL, by TEXT NOT NULL, taxonomy TEXT NOT NULL, text TEXT NOT NULL,
  label TEXT NOT NULL, confidence REAL NOT NULL, author TEXT NOT NULL, at_ms INTEGER NOT NULL,
  run INTEGER NOT NULL, PRIMARY KEY (id, source, by, taxonomy)) WITHOUT ROWID;

-- How many templates of each label were new, ever.
CREATE TABLE new_templates(label INTEGER PRIMARY KEY, templates INTEGER NOT NULL);
"""


class StoreError(ConsumerError):
    """The file of the store cannot be used."""


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the store to write it, and make it where there is none. Transactions are begun by hand.

    Raises:
        StoreError: it cannot be opened, is no store, or is one of another version.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        # Counts and offsets are lost together where the machine loses its power, and then read again.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) == _NEW:
            for statement in _statements(TABLES):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"the store {path} cannot be opened ({error}): name another file in LOGSLUICE_CONSOLE__STORE, or delete "
            "this one: it is made again from what the topics hold"
        ) from error
    if _version(connection) != VERSION:
        version = _version(connection)
        connection.close()
        raise StoreError(
            f"the store {path} is of version {version}, and this logsluice has version {VERSION}: name another file "
            "in LOGSLUICE_CONSOLE__STORE, or delete this one: it is made again from what the topics hold"
        )
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the store to read it; any thread may use the connection, one at a time."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
    connection.execute("PRAGMA cache_size = -32768")
    return connection


def open_checked_reader(path: Path) -> sqlite3.Connection:
    """Open the store of a console that need not run.

    Raises:
        StoreError: there is none, or it is of another version.
    """
    try:
        connection = open_reader(path)
        version = _version(connection)
    except sqlite3.Error as error:
        raise StoreError(f"the store {path} cannot be read ({error}): name that of a console") from error
    if version != VERSION:
        connection.close()
        raise StoreError(f"{path} is of version {version}, and this logsluice has version {VERSION}")
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> list[str]:
    return [statement for statement in script.split(";\n") if statement.strip()]
