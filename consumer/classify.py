"""``logsluice classify``: label a file, in flat memory, however long it is."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn

from consumer.settings import Settings
from consumer.tables import (
    CsvTable,
    InputFileError,
    JsonLinesTable,
    Table,
    TextTable,
    detect_format,
    open_text,
)
from pipeline.bundle import default_bundle, read_bundle
from pipeline.cascade import Cascade, load_cascade
from pipeline.verdict import Verdict

CHUNK_ROWS = 5_000


def classify(
    settings: Settings,
    source: str,
    output: Path | None,
    file_format: str | None,
    source_column: str | None,
    message_column: str,
    encoding: str | None,
) -> None:
    """Label a file, or ``-`` for standard input, into a file or onto standard output.

    A file appears under its name when it is whole.

    Raises:
        InputFileError: the input cannot be read as what it should be.
        BundleError: the bundle cannot be used.
    """
    if output is not None and source != "-" and output.resolve() == Path(source).resolve():
        raise click.UsageError("the output would replace the input: name another file with -o")
    with ExitStack() as stack:
        table = _open(stack, source, file_format, source_column, message_column, encoding)
        cascade = load_cascade(read_bundle(settings.bundle or default_bundle(), settings.bundle_digest))
        destination = stack.enter_context(_destination(output))
        rows = _label_all(table, destination, cascade)
    _report(table, rows)


def _open(
    stack: ExitStack,
    source: str,
    file_format: str | None,
    source_column: str | None,
    message_column: str,
    encoding: str | None,
) -> Table:
    if source == "-":
        raw = sys.stdin.buffer
    else:
        try:
            raw = stack.enter_context(Path(source).open("rb"))
        except OSError as error:
            raise InputFileError(f"{source} cannot be read: {error.strerror}") from error
    file_format = file_format or detect_format("" if source == "-" else source, raw.peek(1))  # type: ignore[attr-defined]
    text = stack.enter_context(open_text(raw, encoding))  # type: ignore[arg-type]
    if file_format == "csv":
        return CsvTable(
            text, source_column or "source", message_column, source_is_due=source_column is not None
        )
    if file_format == "jsonl":
        return JsonLinesTable(text, source_column or "source", message_column)
    return TextTable(text, message_column)


@contextmanager
def _destination(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape", newline="")  # type: ignore[union-attr]
        yield sys.stdout
        return
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            yield file
        part.replace(output)
    except OSError as error:
        raise InputFileError(f"{output} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _label_all(table: Table, destination: TextIO, cascade: Cascade) -> int:
    write = table.writer(destination)
    rows = table.rows()
    done = 0
    with _progress() as (progress, task):
        while chunk := list(islice(rows, CHUNK_ROWS)):
            verdicts = cascade.label([event for event, _ in chunk])
            for (_, row), verdict in zip(chunk, verdicts, strict=True):
                write(row, _results(verdict))
            done += len(chunk)
            progress.update(task, completed=done)
    return done


def _results(verdict: Verdict) -> tuple[str | float | None, ...]:
    return verdict.label, verdict.confidence, verdict.tier, verdict.rule, verdict.best_guess


@contextmanager
def _progress() -> Iterator[tuple[Progress, TaskID]]:
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} rows"), TextColumn("{task.speed:,.0f}/s"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress, progress.add_task("labelling", total=None)


def _report(table: Table, rows: int) -> None:
    note = f"{rows:,} rows labelled"
    if isinstance(table, JsonLinesTable) and table.unreadable_lines:
        note += (
            f"; {table.unreadable_lines:,} lines are not JSON objects and stand in the output as `unreadable`"
        )
    if isinstance(table, CsvTable) and table.rows_with_surplus:
        note += (
            f"; {table.rows_with_surplus:,} rows had more cells than the header, joined in the last column"
        )
    click.echo(note, err=True)
