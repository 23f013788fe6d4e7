"""Records as they are written, each with its name and what is expected of its events."""

from collections.abc import Iterator
from pathlib import Path


def _records() -> Iterator[tuple[str, bytes, list[str]]]:
    for path in sorted(Path(__file__).parent.glob("*.txt")):
        for block in path.read_bytes().decode().split("### ")[1:]:
            name, _, rest = block.partition("\n")
            record, _, events = rest.partition("\n=> ")
            yield name, record.encode(), events.removesuffix("\n").split("\n=> ")


RECORDS = list(_records())
