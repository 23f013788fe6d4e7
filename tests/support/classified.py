"""What the tests of ``logsluice classify`` share: events of every tier, and files that hold them."""

import csv
import io
import json
from functools import cache
from pathlib import Path

from pipeline.event import Event
from tests.support import default_model

EVENTS = [
    Event("web", '203.0.113.9 - - [03/Mar/2026:10:11:12 +0000] "GET /cart/17 HTTP/1.1" 200 512'),
    Event("sshd", "Failed password for invalid user admin from 203.0.113.9 port 52144 ssh2"),
    Event("backup", "Nightly backup finished in 340 s, 18 files written"),
    Event("CRM", "Größe überschritten; 5 € fehlen, naïve Prüfung"),
    Event("app", 'he said "stop", and\nthe second line says: connection reset by peer'),
    Event("LegacyCRM", "Quote 7781 cannot be sent to the customer: no approver is assigned"),
    Event("", "x7 q q q 0x00 zz"),
    Event("", ""),
]
EXTRA = [f"kept, {number}; as it is" for number in range(len(EVENTS))]
COLUMNS = ["source", "log_message"]
cascade = cache(default_model.new_cascade)


@cache
def expected() -> list[list[str]]:
    """The five results of each event, as a CSV has them."""
    verdicts = cascade().label(EVENTS)
    results = [[v.label, v.confidence, v.tier, v.rule, v.best_guess] for v in verdicts]
    return [["" if cell is None else str(cell) for cell in row] for row in results]


def as_csv(delimiter: str = ",", extra: bool = False) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow([*COLUMNS, "extra"] if extra else COLUMNS)
    for event, more in zip(EVENTS, EXTRA, strict=True):
        writer.writerow([event.source, event.message, more] if extra else [event.source, event.message])
    return text.getvalue()


def as_json_lines() -> str:
    members = ({"source": event.source, "log_message": event.message} for event in EVENTS)
    return "".join(json.dumps(each) + "\n" for each in members)


def cells(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def read(name: str) -> str:
    return Path(name).read_bytes().decode()
