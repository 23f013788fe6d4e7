"""Labelled events on their way by the routes of their labels."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from consumer.records.outgoing import Row, Together
from consumer.records.output_routes import OutputRoute, destination
from consumer.records.together import some_of, with_record


def routed(rows: Sequence[Row], routes: Mapping[str, OutputRoute]) -> list[Row]:
    """Return rows whose labelled events go where their labels are sent.

    Those that go nowhere have a row that is withheld. Events that would be published together and go to several topics
    are published together in each.
    """
    return [each for row in rows for each in _by_destination(row, routes)]


def _by_destination(row: Row, routes: Mapping[str, OutputRoute]) -> Iterator[Row]:
    if row.together is not None:
        yield from _apart(row, row.together, routes)
        return
    if row.verdict is None or row.verdict.label not in routes:
        yield row
        return
    topic = destination(routes, row.verdict.label, _event_id(row), row.record.topic)
    if topic is None:
        yield _withheld(row, routes)
    else:
        yield with_record(row, replace(row.record, topic=topic))


def _event_id(row: Row) -> str:
    """Return the id in a labelled record: the last of its headers, or the last of its members but for the severity."""
    headers = row.record.headers
    if headers and headers[-1][0] == "event_id":
        return (headers[-1][1] or b"").decode()
    _, _, rest = (row.record.value or b"").rpartition(b'"event_id":"')
    return rest.partition(b'"')[0].decode(errors="replace")


def _apart(row: Row, together: Together, routes: Mapping[str, OutputRoute]) -> Iterator[Row]:
    """Yield a row for each topic that events of one record go to, and one for each that goes nowhere."""
    by_topic: dict[str | None, list[Row]] = {}
    for event in together.rows:
        index = event.part.index if event.part is not None else 0
        classification = together.classifications[index or 0]
        if classification is not None:
            topic = destination(routes, classification.label, classification.event_id, row.record.topic)
            by_topic.setdefault(topic, []).append(event)
    if by_topic.keys() == {row.record.topic}:
        yield row
        return
    for topic, events in by_topic.items():
        if topic is None:
            yield from (_withheld(event, routes) for event in events)
            continue
        yield some_of(row, together, events, topic)


def _withheld(row: Row, routes: Mapping[str, OutputRoute]) -> Row:
    """Return the row of an event that is labelled and not published; its record is let go."""
    label = row.verdict.label if row.verdict is not None else ""
    return replace(row, record=replace(row.record, value=None, headers=[]), withheld=routes[label].withheld)
