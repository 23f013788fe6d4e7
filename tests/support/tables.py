"""Tables of events out of bytes, and back."""

import io

from files.formats import open_table
from files.table import Columns, Format, Table
from pipeline.event import Event

RESULTS = ("Error", 0.75, "embedding", None, None)


def table_of(
    data: bytes | str,
    name: str = "in.csv",
    format: Format | None = None,
    encoding: str | None = None,
    columns: Columns | None = None,
) -> Table:
    content = data.encode() if isinstance(data, str) else data
    return open_table(io.BytesIO(content), name, columns or Columns(), format, encoding)


def events(table: Table) -> list[Event]:
    return [event for batch in table.batches() for event, _, _ in batch]


def lines(table: Table) -> list[int]:
    return [line for batch in table.batches() for _, _, line in batch]


def written(table: Table) -> str:
    output = io.StringIO()
    write = table.writer(output)
    for batch in table.batches():
        for _, row, _ in batch:
            write(row, RESULTS)
    return output.getvalue()
