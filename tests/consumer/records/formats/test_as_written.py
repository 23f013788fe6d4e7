"""Records as loggers, shippers, clouds and programs write them, and what an engineer on call expects of each.

A file in ``as_written`` has for each record a line with its name after ``###``, the record, and a line for each of its
events: source, severity (or a hyphen) and message.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consumer.records.formats.found import Bad, Found
from tests.support.reading import read


def _records() -> Iterator[tuple[str, bytes, list[str]]]:
    for path in sorted((Path(__file__).parent / "as_written").glob("*.txt")):
        for block in path.read_bytes().decode().split("### ")[1:]:
            name, _, rest = block.partition("\n")
            record, _, events = rest.partition("\n=> ")
            yield name, record.encode(), events.removesuffix("\n").split("\n=> ")


RECORDS = list(_records())


@pytest.mark.parametrize(
    ("value", "events"), [each[1:] for each in RECORDS], ids=[each[0] for each in RECORDS]
)
def test_a_record_is_what_its_reader_would_say(value: bytes, events: list[str]) -> None:
    found = [_said(each) for each in read(value)]
    assert found == ([] if events == [""] else events)


def test_there_are_many_of_them() -> None:
    assert len(RECORDS) > 150
    assert len({name for name, _, _ in RECORDS}) == len(RECORDS)


def _said(found: Found | Bad) -> str:
    if isinstance(found, Bad):
        return f"dead {found.reason}"
    event = found.event
    message = event.message.replace("\n", "\\n").replace("\t", "\\t")
    return f"{event.source} | {event.severity or '-'} | {message}"
