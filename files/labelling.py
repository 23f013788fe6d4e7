"""Every row of a table labelled, and written with its results."""

from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from files.output import writing
from files.table import Results, Row, Table
from pipeline.event import Event
from pipeline.verdict import Verdict

Label = Callable[[Sequence[Event]], list[Verdict]]


def write_labelled(
    table: Table, destination: TextIO, label: Label, chunk_rows: int
) -> Iterator[tuple[list[Row], list[Verdict]]]:
    """Label the rows of a table and write them; yield each chunk of rows, written, with its verdicts.

    ``label`` returns a verdict for each event, in order. What has come of a slow stream is written at once.

    Raises:
        InputFileError: while iterating: the input cannot be read on, or the output not be written.
    """
    with writing("the output"):
        write = table.writer(destination)
    for batch in table.batches():
        for start in range(0, len(batch), chunk_rows):
            chunk = batch[start : start + chunk_rows]
            verdicts = label([event for event, _, _ in chunk])
            with writing("the output"):
                for (_, row, _), verdict in zip(chunk, verdicts, strict=True):
                    write(row, results_of(verdict))
            yield chunk, verdicts
        with writing("the output"):
            destination.flush()


def results_of(verdict: Verdict) -> Results:
    """Return the values of `files.table.RESULT_COLUMNS`."""
    return verdict.label, verdict.confidence, verdict.tier, verdict.rule, verdict.best_guess
