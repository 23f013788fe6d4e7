"""From an event and its verdict to the bytes and headers of the labelled record."""

from typing import Any

import msgspec

from consumer.records.json_text import without_halves, without_mark
from consumer.records.outgoing import Headers
from pipeline.cache import BoundedCache, weight_of
from pipeline.event import Event
from pipeline.verdict import Verdict

OUR_HEADERS = frozenset(("label", "tier", "event_id"))
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_WHITE_SPACE = b" \t\r\n"
_CLOSING_BRACE = ord("}")


class Labeller:
    """Adds the ``classification`` member to a record, keeping all other bytes of it as they are.

    What a verdict contributes is encoded once per verdict, since a few verdicts serve most events.
    """

    def __init__(self, bundle_version: str, input_format: str, source_field: str, message_field: str) -> None:
        self._bundle_version = bundle_version
        self._is_text = input_format == "text"
        self._source_path = source_field.split(".")
        self._message_path = message_field.split(".")
        self._encoded: BoundedCache[int, tuple[Verdict, bytes, Headers]] = BoundedCache(
            50_000, lambda _, encoded: weight_of(encoded[1])
        )

    def label(
        self, value: bytes, headers: Headers, event: Event, verdict: Verdict, event_id: str
    ) -> tuple[bytes, Headers]:
        """Return the value and the headers of the labelled record."""
        known = self._encoded[id(verdict)]
        if known is None or known[0] is not verdict:
            known = (verdict, self._classification(verdict), self._headers(verdict))
            self._encoded.put(id(verdict), known)
        encoded_id = event_id.encode()
        value = self._object(event) if self._is_text else without_mark(value)
        # A name may be written with escapes; a lone backslash is found much faster than one with a letter after it.
        if b'"classification"' in value or (b"\\" in value and b"\\u" in value):
            value = _without_classification(value)
        # The closing brace is the last byte but for white space: what decoded as an object ends with it.
        end = -1 if value[-1] == _CLOSING_BRACE else len(value.rstrip(_WHITE_SPACE)) - 1
        label, tier = known[2]
        ours = [label, tier, ("event_id", encoded_id)]
        if headers:
            ours = [header for header in headers if header[0] not in OUR_HEADERS] + ours
        return b"".join((value[:end], known[1], encoded_id, b'"}}')), ours

    def _classification(self, verdict: Verdict) -> bytes:
        members = {
            "label": verdict.label,
            "confidence": verdict.confidence,
            "tier": verdict.tier,
            "rule": verdict.rule,
            "template": verdict.template,
            "best_guess": verdict.best_guess,
            "bundle": self._bundle_version,
        }
        return b',"classification":' + msgspec.json.encode(members)[:-1] + b',"event_id":"'

    @staticmethod
    def _headers(verdict: Verdict) -> Headers:
        return [("label", verdict.label.encode()), ("tier", verdict.tier.encode())]

    def _object(self, event: Event) -> bytes:
        record: dict[str, Any] = {}
        for path, text in ((self._source_path, event.source), (self._message_path, event.message)):
            members = record
            for name in path[:-1]:
                members = members.setdefault(name, {})
            members[path[-1]] = text
        return msgspec.json.encode(record)


def _without_classification(value: bytes) -> bytes:
    """Return a record whose own ``classification`` is kept under the next free ``classification_before``."""
    try:
        members = _members.decode(without_halves(value))
    except RecursionError:
        return value  # nested to the limit; where two members share a name the last counts, and it is ours
    before = members.pop("classification", None)
    if before is None:
        return value
    name = "classification_before"
    while name in members:
        name += "_before"
    members[name] = before
    return msgspec.json.encode(members)
