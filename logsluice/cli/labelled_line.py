"""From a record of the labelled topic to the line that ``tail`` prints of it."""

import zlib
from collections.abc import Callable

import click
import msgspec
from confluent_kafka import Message
from rich.cells import cell_len, set_cell_size

from consumer.records.formats.found import Origin
from consumer.records.formats.table import any_object
from consumer.records.incoming import headers_of, timestamp_ms_of
from consumer.records.reasons import UndecodableError
from files.terminal import escaped, printable
from logsluice.cli.times import local_time
from pipeline.event import Event
from pipeline.verdict import UNCLASSIFIED

# The default labels as on the dashboards, in numbers of the 256 colours; of others the name chooses.
_COLOURS = {
    "Security Alert": 196,
    "Critical Error": 160,
    "Error": 208,
    "Workflow Error": 172,
    "Deprecation Warning": 184,
    "Resource Usage": 141,
    "HTTP Status": 75,
    "User Action": 77,
    "System Notification": 117,
    UNCLASSIFIED: 245,
}
_OTHER_COLOURS = (38, 43, 69, 72, 98, 107, 132, 137, 144, 168, 173, 180)
_LABEL_WIDTH, _SOURCE_WIDTH = 20, 14
_LONGEST = 1_000  # characters of a message; what is shown of them is less

Line = Callable[[Message], bytes | None]
"""What to print of a record; None where it is filtered out. Raises `NotLabelledError`."""


class NotLabelledError(Exception):
    """A record that is no labelled event."""


class Wanted(msgspec.Struct, frozen=True):
    """Which events to show: those that pass each filter. An empty one lets everything pass."""

    labels: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    min_confidence: float = 0.0
    max_confidence: float = 1.0


class Look(msgspec.Struct, frozen=True):
    """How to print: ``width`` is that of a line in columns, 0 for any; a ``terminal`` must not be commanded."""

    as_json: bool = False
    width: int = 0
    terminal: bool = False
    coloured: bool = False


class _Classification(msgspec.Struct, gc=False):
    label: str
    tier: str
    confidence: float
    template: str = ""
    best_guess: str | None = None


class _Labelled(msgspec.Struct, gc=False):
    classification: _Classification


_decode_labelled = msgspec.json.Decoder(_Labelled).decode


def line_of(source_field: str | None, message_field: str | None, wanted: Wanted, look: Look) -> Line:
    """Return what makes a line of a record; where it has no message, the template stands for it."""
    read = any_object(source_field, message_field)

    def event_of(value: bytes, template: str) -> Event:
        try:
            return read(value, Origin("")).event
        except (UndecodableError, msgspec.MsgspecError, UnicodeError, RecursionError):
            return Event("", template)

    def line(message: Message) -> bytes | None:
        if not _may_be_wanted(message, wanted):
            return None
        value = message.value() or b""
        try:
            said = _decode_labelled(value).classification
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise NotLabelledError from error
        event = event_of(value, said.template)
        if not _is_wanted(said, event, wanted):
            return None
        if look.as_json:
            return _one_line(value, look.terminal)
        return _for_people(said, event, timestamp_ms_of(message), look)

    return line


def _may_be_wanted(message: Message, wanted: Wanted) -> bool:
    """Return False for what its headers rule out; most records need no closer look then."""
    headers = dict(headers_of(message) or ())
    label, tier = headers.get("label"), headers.get("tier")
    if label is None or tier is None:
        return True
    return (not wanted.labels or label.decode(errors="replace") in wanted.labels) and (
        not wanted.tiers or tier.decode(errors="replace") in wanted.tiers
    )


def _is_wanted(said: _Classification, event: Event, wanted: Wanted) -> bool:
    return (
        (not wanted.labels or said.label in wanted.labels)
        and (not wanted.tiers or said.tier in wanted.tiers)
        and (not wanted.sources or event.source in wanted.sources)
        and wanted.min_confidence <= said.confidence <= wanted.max_confidence
    )


def _for_people(said: _Classification, event: Event, time_ms: int, look: Look) -> bytes:
    when = local_time(time_ms, "%H:%M:%S")
    what = _column(f"{said.best_guess}?" if said.best_guess else said.label, _LABEL_WIDTH)
    how = f"{said.confidence:.2f} {_column(said.tier, 9)}"
    source = _column(event.source, _SOURCE_WIDTH)
    text = printable(" ".join(event.message[:_LONGEST].split()), _LONGEST)
    if look.width:
        before = f"{when} {what} {how} {source} "
        text = cut_to(text, max(look.width - cell_len(before), 1))
    if look.coloured:
        what = click.style(what, fg=colour(said.label))
        when, how = click.style(when, dim=True), click.style(how, dim=True)
        source = click.style(source, bold=True)
    return f"{when} {what} {how} {source} {text}\n".encode(errors="replace")


def _column(text: str, width: int) -> str:
    """Return a text in so many columns of a terminal, cut or filled up with spaces."""
    return set_cell_size(cut_to(printable(text), width), width)


def cut_to(text: str, width: int) -> str:
    """Return a text that takes at most so many columns of a terminal; one that was cut ends in ``…``."""
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…"


def colour(label: str) -> int:
    """Return the colour of a label, the same in every process: a number of the 256 of a terminal."""
    name = zlib.crc32(label.encode())
    return _COLOURS.get(label) or _OTHER_COLOURS[name % len(_OTHER_COLOURS)]


def _one_line(value: bytes, terminal: bool) -> bytes:
    """Return a JSON object on one line, byte by byte as it is; for a terminal with nothing that commands it."""
    # A line break is white space between two tokens: within a string it is written as \n.
    value = value.replace(b"\r", b" ").replace(b"\n", b" ")
    if terminal:
        value = escaped(value.decode(errors="replace").replace("\t", " ")).encode()
    return value + b"\n"
