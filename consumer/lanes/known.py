"""What the native core knows of the records of a batch, together with what Python decides of the others."""

from collections.abc import Sequence
from operator import is_

from confluent_kafka import Message

from consumer.records.labelled import Labeller
from consumer.records.native import NativeCore
from consumer.records.outgoing import Row
from consumer.records.reading import quick_topics
from consumer.records.rows import Rows
from consumer.settings import Settings
from consumer.settings.core import native_module
from pipeline.cascade import Cascade


def native_core(settings: Settings, cascade: Cascade, labeller: Labeller) -> NativeCore | None:
    """Return the native core for the verdicts of a cascade; None where Python does its work."""
    module = native_module(settings.core)
    if module is None:
        return None
    return NativeCore(
        module,
        cascade,
        labeller,
        settings.output_topic,
        quick_topics(settings.input_format),
        settings.source_field,
        settings.message_field,
        settings.routes(),
    )


def merged(
    known: Rows, records: Sequence[Message], misses: Sequence[int], decided: Rows, read: int
) -> tuple[Rows, int]:
    """Return the rows of the first records, and how many these are.

    ``known`` has a row for each record, which holds nothing at the places in ``misses``. Of the records there
    ``decided`` has the rows of the first ``read``, and rows that are no event's outcome.
    """
    missed = [records[place] for place in misses]
    if len(missed) == len(decided) and all(map(is_, missed, decided.messages)):
        known.put(misses, decided)  # as nearly always
        return known, len(records)
    of_record: dict[int, list[Row]] = {}
    for row in decided:
        of_record.setdefault(id(row.message), []).append(row)
    rows = Rows()
    behind = 0
    for place in misses[:read]:
        rows.extend(known, behind, place)
        for row in of_record.get(id(records[place]), ()):
            rows.append(row)
        behind = place + 1
    end = misses[read] if read < len(misses) else len(records)
    rows.extend(known, behind, end)
    for row in of_record.get(id(None), ()):
        rows.append(row)
    return rows, end
