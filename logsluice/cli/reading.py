"""The options by which every command reads a file: its format, its encoding and its columns."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

_OPTIONS = (
    click.option(
        "--format",
        type=click.Choice(["csv", "jsonl", "text"], case_sensitive=False),
        help="Default: by the content and the name of the file; jsonl stands for all JSON.",
    ),
    click.option(
        "--encoding",
        help="Encoding of the file; default: UTF-8, UTF-16 or UTF-32, and Windows-1252 for what is none of them.",
    ),
    click.option(
        "--source-column", help="Column or member that names the source; default: source, if there is one."
    ),
    click.option(
        "--message-column",
        help="Column or member that holds the message; default: the first there is of log_message, message, "
        "msg, log, text, content, body, event.",
    ),
)
_LABEL_OPTIONS = (
    click.option(
        "--label-column",
        help="Column or member of the true labels; default: the first there is of target_label, label, "
        "true_label, category, class.",
    ),
    click.option(
        "--lines-column",
        help="Column or member that says how many lines a row stands for; default: count or "
        "occurrences, if there is one; for train none.",
    ),
)


def reading_options(*, labels: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds the options, and passes them to the command as one ``reading``."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def with_reading(
            *arguments: Any,
            format: Any,
            encoding: str | None,
            source_column: str | None,
            message_column: str | None,
            label_column: str | None = None,
            lines_column: str | None = None,
            **options: Any,
        ) -> None:
            from files.labelled import Reading
            from files.table import Columns

            columns = Columns(source_column, message_column, label_column, lines_column)
            command(*arguments, reading=Reading(columns, format, encoding), **options)

        decorated: Callable[..., None] = with_reading
        for option in reversed(_OPTIONS + (_LABEL_OPTIONS if labels else ())):
            decorated = option(decorated)
        return decorated

    return decorate
