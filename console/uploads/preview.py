"""What a file is, as its start shows it."""

from itertools import islice

import msgspec

from console.settings import ConsoleSettings
from console.uploads.upload import check_start
from files.columns import MESSAGE_NAMES, SOURCE_NAMES, find
from files.csv_table import CsvTable
from files.labelled import Reading
from files.table import Format
from pipeline.event import Event

_ROWS = 20


class Preview(msgspec.Struct, frozen=True):
    """What a file is, which of its columns are read, and its first events."""

    format: Format
    columns: list[str]
    message_column: str | None
    source_column: str | None
    events: list[Event]


def preview_of(start: bytes, name: str, reading: Reading, settings: ConsoleSettings) -> Preview:
    """Return what the start of a file shows.

    Raises:
        FileFormatError: it is of a format that is not taken.
        InputFileError: it lacks a column, or cannot be read.
    """
    table = check_start(start, name, reading, settings)
    rows = list(islice((row for batch in table.batches() for row in batch), _ROWS))
    first = rows[0][1] if rows else None
    if isinstance(table, CsvTable):
        columns = table.columns
    elif isinstance(first, dict):
        columns = [str(member) for member in first]
    else:
        return Preview(table.format, [], None, None, [event for event, _, _ in rows])
    wanted = reading.columns
    return Preview(
        table.format,
        columns,
        find(columns, wanted.message, MESSAGE_NAMES) or wanted.message,
        find(columns, wanted.source, SOURCE_NAMES) or wanted.source,
        [event for event, _, _ in rows],
    )
