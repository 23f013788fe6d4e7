"""``logsluice classify``: label a file, in flat memory, however long it is."""

import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from consumer.llm.blocking import open_pool
from consumer.settings import Settings
from files.tables import (
    CsvTable,
    InputFileError,
    JsonLinesTable,
    Table,
    TextTable,
    detect_format,
    open_text,
)
from logsluice.asking import Asker, require_llm
from pipeline.bundle import default_bundle, read_bundle
from pipeline.cascade import load_cascade
from pipeline.event import Event
from pipeline.verdict import Verdict

CHUNK_ROWS = 2_000


def classify(
    settings: Settings,
    source: str,
    output: Path | None,
    file_format: str | None,
    source_column: str | None,
    message_column: str,
    encoding: str | None,
    llm: bool,
) -> None:
    """Label a file, or ``-`` for standard input, into a file, or onto standard output where that is None.

    A file appears under its name when it is whole. With ``llm`` what no tier decides is asked of the LLM.

    Raises:
        SettingsError: no LLM is configured and one is to be asked.
        ConsumerError: the LLM refuses us.
        InputFileError: the input cannot be read as what it should be, or the output cannot be written.
        BundleError: the bundle cannot be used.
    """
    if output is not None and source != "-" and output.resolve() == Path(source).resolve():
        raise click.UsageError("the output would replace the input: name another file with -o")
    if llm:
        require_llm(settings)
    input_name = "standard input" if source == "-" else source
    with ExitStack() as stack:
        with _failing_as(f"{input_name} cannot be read"):
            raw = stack.enter_context(_open(source))
            file_format = file_format or detect_format("" if source == "-" else source, raw.peek(1))
            text = stack.enter_context(open_text(raw, encoding))
            table = _table(text, file_format, source_column, message_column)
        destination = stack.enter_context(_standard_output() if output is None else _whole_file(output))
        cascade = load_cascade(read_bundle(settings.bundle or default_bundle(), settings.bundle_digest))
        label = cascade.label
        if llm:
            pool = stack.enter_context(
                open_pool(settings.llm, cascade.bundle.manifest.labels, lambda call: None)
            )
            label = Asker(settings, cascade, pool).label
        report = stack.enter_context(_progress(raw, shown=output is not None or not sys.stdout.isatty()))
        rows = _label_all(table, input_name, destination, label, report)
    _report(table, rows)


@contextmanager
def _failing_as(what: str) -> Iterator[None]:
    """Say in a sentence what the operating system refuses; a reader that has seen enough is no failure."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputFileError(f"{what}: {error.strerror}") from error
    except UnicodeError as error:
        raise InputFileError(f"{what}: {error}; name its encoding with --encoding") from error


def _open(source: str) -> io.BufferedReader:
    return open(0, "rb", closefd=False) if source == "-" else Path(source).open("rb")


def _table(text: TextIO, file_format: str, source_column: str | None, message_column: str) -> Table:
    if file_format == "csv":
        return CsvTable(
            text, source_column or "source", message_column, source_is_due=source_column is not None
        )
    if file_format == "jsonl":
        return JsonLinesTable(text, source_column or "source", message_column)
    return TextTable(text, message_column)


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    file = sys.stdout
    if isinstance(file, io.TextIOWrapper):
        file.reconfigure(encoding="utf-8", errors="surrogateescape", newline="")
    yield file
    file.flush()


@contextmanager
def _whole_file(path: Path) -> Iterator[TextIO]:
    """Yield a file that takes its name once it is whole; a pipe or a device is written to as it is."""
    path = path.resolve()
    special = path.exists() and not path.is_file()
    part = path if special else path.with_name(f"{path.name}.part")
    what = f"{path} cannot be written"
    with _failing_as(what):
        file = part.open("w", encoding="utf-8", errors="surrogateescape", newline="")
    try:
        yield file
        with _failing_as(what):
            file.close()
            if not special:
                part.replace(path)
    finally:
        with suppress(OSError):
            file.close()
        if not special:
            part.unlink(missing_ok=True)


def _label_all(
    table: Table,
    input_name: str,
    destination: TextIO,
    label: Callable[[Sequence[Event]], list[Verdict]],
    report: Callable[[int], None],
) -> int:
    """Label every row, and return how many there were; ``report`` is told after each chunk."""
    rows = table.rows()
    done = 0
    with _failing_as("the output cannot be written"):
        write = table.writer(destination)
    while True:
        with _failing_as(f"{input_name} cannot be read"):
            chunk = list(islice(rows, CHUNK_ROWS))
        if not chunk:
            return done
        verdicts = label([event for event, _ in chunk])
        with _failing_as("the output cannot be written"):
            for (_, row), verdict in zip(chunk, verdicts, strict=True):
                write(row, _results(verdict))
        done += len(chunk)
        report(done)


def _results(verdict: Verdict) -> tuple[str | float | None, ...]:
    return verdict.label, verdict.confidence, verdict.tier, verdict.rule, verdict.best_guess


@contextmanager
def _progress(raw: io.BufferedReader, shown: bool) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how much of a file is done; of a pipe, how many rows."""
    console = Console(stderr=True)
    size = os.fstat(raw.fileno()).st_size or None
    rows = TextColumn("{task.fields[rows]:,} rows")
    columns = (SpinnerColumn(), rows, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not (shown and console.is_terminal)
    ) as bar:
        task = bar.add_task("labelling", total=size, rows=0)
        yield lambda done: bar.update(task, completed=raw.tell() if size else None, rows=done)


def _report(table: Table, rows: int) -> None:
    note = f"{rows:,} {_rows(rows)} labelled"
    if isinstance(table, JsonLinesTable) and table.unreadable_lines:
        note += f"; lines that are not JSON objects stand in the output as `unreadable`: {table.unreadable_lines:,}"
    if isinstance(table, CsvTable) and table.rows_with_surplus:
        note += (
            f"; {table.rows_with_surplus:,} {_rows(table.rows_with_surplus)} had more cells than the header, "
            "joined in the last column"
        )
    click.echo(note, err=True)


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"
