"""What the newest records of a topic are, for ``logsluice check --sample``: a summary in lines, all messages masked."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from confluent_kafka import Message

from consumer.records.formats.found import Bad, Found, Opened, Origin
from consumer.records.incoming import event_id
from consumer.records.reading import origin_of
from consumer.records.reasons import UndecodableError
from pipeline.masking import mask

EXAMPLES = 3
EXAMPLE_CHARS = 110
MOST_PLACES = 5

Read = Callable[[bytes | None, Origin], tuple[Opened, list[Found | Bad]]]


class Seen:
    """The records of one format."""

    def __init__(self) -> None:
        self.records = 0
        self.events = 0
        self.sources: Counter[str] = Counter()
        self.messages: Counter[str] = Counter()
        self.severities: Counter[str] = Counter()

    def add(self, found: Found) -> None:
        """Count an event, and where in it its source and its message are."""
        event = found.event
        self.events += 1
        content = _decoded(found.value)
        self.sources[place_of(event.source, content) if event.source else "nowhere"] += 1
        self.messages[place_of(event.message, content)] += 1
        self.severities[event.severity or "not known"] += 1


def summary(messages: Sequence[Message], read: Read) -> Iterator[str]:
    """Yield lines about records: their formats, three examples, and what would be dead letters.

    Raises:
        BrokerError: a schema registry is needed and does not answer.
    """
    formats: dict[str, Seen] = {}
    dead: dict[str, list[str]] = {}
    examples: dict[str, str] = {}
    for message in messages:
        try:
            opened, events = read(message.value(), origin_of(message))
        except UndecodableError as error:
            dead.setdefault(f"{error.reason}: {error.detail}" if error.detail else error.reason, []).append(
                event_id(message)
            )
            continue
        seen = formats.setdefault(opened.format.name, Seen())
        seen.records += 1
        for each in events:
            if isinstance(each, Bad):
                dead.setdefault(each.reason, []).append(f"{event_id(message)}.{each.index}")
            else:
                seen.add(each)
                examples.setdefault(mask(each.event.message), each.event.source)
    for name, seen in sorted(formats.items(), key=lambda item: -item[1].records):
        yield f"{name}: {_count(seen.records, 'record')}, {_count(seen.events, 'event')}"
        if seen.events:
            yield f"  source in {_shares(seen.sources)}"
            yield f"  message in {_shares(seen.messages)}"
            yield f"  severity {_shares(seen.severities)}"
    for template, source in list(examples.items())[:EXAMPLES]:
        line = " ".join(template.split())
        cut = line if len(line) <= EXAMPLE_CHARS else f"{line[: EXAMPLE_CHARS - 3]}..."
        yield f"for example, of {source or 'no source'}: {cut}"
    for reason, places in sorted(dead.items(), key=lambda item: -len(item[1])):
        more = ", ..." if len(places) > MOST_PLACES else ""
        yield f"{_count(len(places), 'dead letter')}, {reason} ({', '.join(places[:MOST_PLACES])}{more})"
    if messages and not dead:
        yield "no dead letters"


def place_of(text: str, content: Any) -> str:
    """Return the path under which a text stands in an event, that of the object it is a member of within a text too.

    What is in none of its members comes from elsewhere: a header, the topic, or several members together.
    """
    wanted = text.strip()
    paths = list(_texts(content, ""))
    for path, value in paths:
        if value.strip() == wanted:
            return path
    for path, value in paths:
        if value.lstrip()[:1] == "{":
            inner = place_of(text, _decoded(value.encode("utf-8", "surrogatepass")))
            if inner != ELSEWHERE:
                return f"{path}, there {inner}"
    for path, value in paths:
        if wanted and wanted in value:
            return f"a part of {path}"
    return ELSEWHERE


ELSEWHERE = "no member of its own"


def _texts(content: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _texts(value, f"{path}.{name}" if path else str(name))
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value, f"{path}[]")
    elif isinstance(content, str):
        yield path, content
    elif isinstance(content, int | float) and not isinstance(content, bool):
        yield path, str(content)


def _decoded(value: bytes) -> Any:
    try:
        return msgspec.json.decode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _shares(counts: Counter[str]) -> str:
    """Return names and how often each was; a single one by its name alone."""
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{name} ({count})" for name, count in counts.most_common())


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
