"""The parameters by which a request says how its file is to be read; the same as the options of ``classify``."""

from typing import Annotated

from fastapi import Depends, Query

from files.labelled import Reading as FileReading
from files.table import Columns, Format


def _reading(
    format: Annotated[
        Format | None,
        Query(description="By default what the content and the name show; jsonl stands for all JSON."),
    ] = None,
    encoding: Annotated[
        str | None, Query(description="By default UTF-8, UTF-16, UTF-32 or Windows-1252, what fits.")
    ] = None,
    source_column: Annotated[
        str | None, Query(description="Column or member that names the source; by default source.")
    ] = None,
    message_column: Annotated[
        str | None,
        Query(
            description="Column or member that holds the message; by default the first there is of log_message, "
            "message, msg, log, text, content, body, event."
        ),
    ] = None,
) -> FileReading:
    return FileReading(Columns(source_column or None, message_column or None), format, encoding or None)


Reading = Annotated[FileReading, Depends(_reading)]
FileName = Annotated[str | None, Query(description="Name of the file; its suffix says what it is.")]
