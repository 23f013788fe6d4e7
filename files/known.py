"""The rows of a table labelled and written: those that the native core knows as lines of text, the rest by Python.

What is written is the same byte for byte: the core takes a line only where all readers see the same cells.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TextIO

from files.csv_table import LEARNT_ROWS, CsvTable
from files.csv_writer import results_text
from files.decoding import split_lines
from files.labelling import Label, results_of, write_labelled
from files.line_table import LineTable, rows_of
from files.output import writing
from files.table import Row, Table
from files.text_table import TextTable
from pipeline.verdict import Verdict

if TYPE_CHECKING:
    from pipeline.native import KnownTexts

OpenKnown = Callable[[Callable[[Verdict], str]], "KnownTexts"]
"""Makes what the core knows of verdicts, given what is written of each behind the cells of a row."""


class _Written(NamedTuple):
    """Rows with their results, as text."""

    rows: int
    text: str


def write_known(
    table: Table, destination: TextIO, label: Label, chunk_rows: int, open_known: OpenKnown | None
) -> Iterator[int]:
    """Label the rows of a table and write them, as `write_labelled` does; yield how many rows are written by now.

    The core is opened when a file in lines turns out to be long. Without it Python does all the work.

    Raises:
        InputFileError: while iterating: the input cannot be read on, or the output not be written.
    """
    if open_known is None or not isinstance(table, CsvTable | TextTable):
        rows = 0
        for chunk, _ in write_labelled(table, destination, label, chunk_rows):
            rows += len(chunk)
            yield rows
        return
    known: KnownTexts | None = None
    with writing("the output"):
        write = table.writer(destination)
    for text, final in table.blocks():
        parts = rows_of(table, text, final=final) if known is None else _parts(table, text, final, known)
        rows_left = [part for part in parts if not isinstance(part, _Written)]
        if known is None and table.notes.rows >= LEARNT_ROWS:
            known = open_known(lambda verdict: results_text(results_of(verdict), table.delimiter))
        verdicts = iter([*_verdicts(rows_left, label, chunk_rows, known)])
        with writing("the output"):
            for part in parts:
                if isinstance(part, _Written):
                    destination.write(part.text)
                else:
                    write(part[1], results_of(next(verdicts)))
            destination.flush()
        yield table.notes.rows
    table.check()


def _parts(table: LineTable, text: str, final: bool, known: "KnownTexts") -> Sequence[Row | _Written]:
    """Return what the core has written of a block, and the rows between that it leaves to Python."""
    parts: list[Row | _Written] = []
    lines: list[str] = []  # made where Python has to take a row
    size = _bytes_of(text)
    read = at = 0
    most = 1
    while at < size:
        count, at, written = known.written(text, at, table.shape)
        if count:
            parts.append(_Written(count, written))
            table.notes.rows += count
            read += count
        if at == size:
            break
        lines = lines or split_lines(text)
        # Where the core takes nothing, asking it again for each row would be in vain.
        most = 1 if count else 2 * most
        rows, end = table.rows(lines, read, final=final, most=most)
        if end == read:
            break  # a record that goes on behind this block
        parts += rows
        at += sum(map(_bytes_of, lines[read:end]))
        read = end
    table.hold(read, lines[read:])
    return parts


def _bytes_of(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _verdicts(
    rows: Sequence[Row], label: Label, chunk_rows: int, known: "KnownTexts | None"
) -> Iterator[Verdict]:
    for start in range(0, len(rows), chunk_rows):
        events = [event for event, _, _ in rows[start : start + chunk_rows]]
        verdicts = label(events)
        if known is not None:
            known.learn(events, verdicts)
        yield from verdicts
