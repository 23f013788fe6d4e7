"""The labels that events have in topics of labelled events, the target among them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

import msgspec
from confluent_kafka import TIMESTAMP_CREATE_TIME, Message

from consumer.errors import ConsumerError
from consumer.lanes.history.labels import KnownLabels, Taxonomy
from consumer.lanes.history.reader import HistoryReader
from consumer.lanes.history.shown import Shown
from consumer.lanes.history.window import Span, Window
from consumer.records.incoming import headers_of
from consumer.settings import Settings

BATCH = 10_000
WAIT_S = 0.2
FOR_EVER_MS = 1 << 62


class _Classification(msgspec.Struct, gc=False):
    label: str
    event_id: str
    bundle: str = ""


class _Labelled(msgspec.Struct, gc=False):
    classification: _Classification


_decode = msgspec.json.Decoder(_Labelled).decode


def labels_in(
    settings: Settings,
    partitions: Mapping[str, int],
    spans: Sequence[Span],
    window: Window,
    taxonomy: Taxonomy,
    shown: Shown,
    stopping: Callable[[], bool],
    only_bundle: str | None = None,
) -> KnownLabels:
    """Return the labels that the events in ``spans`` have in topics of labelled events, to their present ends.

    Raises:
        BrokerError: a topic cannot be read.
        ConsumerError: a record is of another bundle than ``only_bundle``.
    """
    known = KnownLabels(taxonomy, spans)
    # A labelled record has the time of its event, or that of its publication, which is later.
    with closing(HistoryReader(settings, Window(window.from_ms, FOR_EVER_MS))) as reader:
        read = reader.start(partitions)
        begin = reader.reached
        shown.step(f"reading {', '.join(partitions)}", sum(span.end - span.start for span in read))
        while not (reader.at_end or stopping()):
            for message in reader.read(BATCH, WAIT_S):
                if only_bundle is not None:
                    _require_bundle(message, only_bundle)
                elif _is_past(message, window):
                    continue
                put(known, message)
            shown.reach(reader.reached - begin)
    return known


def _is_past(message: Message, window: Window) -> bool:
    """Return whether the time of a labelled record, where it is that of its event, is past a window."""
    kind, time_ms = message.timestamp()
    return kind == TIMESTAMP_CREATE_TIME and time_ms >= window.to_ms


def put(known: KnownLabels, message: Message) -> None:
    """Take note of the label of a record, if it is a labelled event."""
    headers = dict(headers_of(message) or ())
    label, event_id = headers.get("label"), headers.get("event_id")
    if label is None or event_id is None:
        said = _classification(message)
        if said is None:
            return
        label, event_id = said.label.encode(), said.event_id.encode()
    known.put(event_id, label.decode(errors="replace"))


def _classification(message: Message) -> _Classification | None:
    try:
        return _decode(message.value() or b"").classification
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _require_bundle(message: Message, bundle: str) -> None:
    """Return if a record was labelled by a bundle.

    Raises:
        ConsumerError: it is of another one, or is no labelled event.
    """
    # Most are seen to be so without being decoded: the classification is the last member.
    if (message.value() or b"").rfind(b'"bundle":"%b","event_id":"' % bundle.encode()) >= 0:
        return
    said = _classification(message)
    whose = f"events labelled by {said.bundle}" if said is not None else "records that are no labelled events"
    if said is None or said.bundle != bundle:
        raise ConsumerError(
            f"{message.topic()} holds {whose}, and this is {bundle}: name another --topic, or delete that one"
        )
