"""What is seen in a file of events: with the labels that it has, or with none."""

from typing import BinaryIO

from files.columns import LABEL_NAMES, LINES_NAMES
from files.formats import open_table
from files.labelled import Reading, lines_of
from pipeline.recogniser import Recogniser
from training.suggesting.gathering import Gathering


def gather_file(stream: BinaryIO, name: str, reading: Reading, recogniser: Recogniser, to: Gathering) -> bool:
    """Count the events of a file by template; return whether it has a column of labels.

    A row without a message is left out, and one without a label is an event whose label is not known. One stands for
    as many events as a column named ``count`` or ``occurrences`` says.

    Raises:
        InputFileError: the file cannot be read, or lacks a column.
    """
    table = open_table(stream, name, reading.columns, reading.format, reading.encoding)
    label = table.cell(reading.columns.label, LABEL_NAMES, "--label-column", needed=False)
    lines = table.cell(reading.columns.lines, LINES_NAMES, "--lines-column", needed=False)
    for batch in table.batches():
        recognised = recogniser.recognise([event for event, _, _ in batch])
        for (event, kept, number), (rule, template) in zip(batch, recognised, strict=True):
            if not template:
                continue
            # Where nobody gave a label, that of a rule is as sure.
            truth = label(kept).strip() if label is not None else ""
            events = lines_of(lines(kept), name, number) if lines is not None else 1
            to.add(template, event.source.strip(), rule, truth or (rule.label if rule else ""), 1.0, events)
    return label is not None
