"""From an event and its verdict to the bytes and headers of the labelled record."""

from collections.abc import Collection, Sequence

import msgspec

from consumer.records.formats.found import Classification
from consumer.records.incoming import Headers
from consumer.records.json_text import without_halves
from pipeline.cache import BoundedCache, weight_of
from pipeline.event import SEVERITIES
from pipeline.verdict import Verdict

OUR_HEADERS = frozenset(("label", "tier", "event_id"))
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_WHITE_SPACE = b" \t\r\n"
_CLOSING_BRACE = ord("}")
ENDS = {"": b'"}}'} | {each: b'","severity":"%b"}}' % each.encode() for each in SEVERITIES}
"""What closes a classification behind the event's id, by severity."""


class Labeller:
    """Adds the ``classification`` member to a record, keeping all other bytes of it as they are.

    What a verdict contributes is encoded once per verdict, since a few verdicts serve most events.
    """

    def __init__(self, bundle_version: str, output_headers: Collection[str] = OUR_HEADERS) -> None:
        self._bundle_version = bundle_version
        self.output_headers = frozenset(output_headers)
        self._encoded: BoundedCache[int, tuple[Verdict, bytes, Headers]] = BoundedCache(
            50_000, lambda _, encoded: weight_of(encoded[1])
        )

    def label(
        self, value: bytes, headers: Headers, severity: str, verdict: Verdict, event_id: str
    ) -> tuple[bytes, Headers]:
        """Return the value and the headers of the labelled record; ``value`` is the event as one JSON object."""
        (labelled,), (ours,) = self.label_each([value], [headers], [severity], [verdict], [event_id])
        return labelled, ours

    def label_each(
        self,
        values: Sequence[bytes],
        headers: Sequence[Headers],
        severities: Sequence[str],
        verdicts: Sequence[Verdict],
        event_ids: Sequence[str],
    ) -> tuple[list[bytes], list[Headers]]:
        """Do the same for many: a call for each would cost as much as the rest."""
        has_id = "event_id" in self.output_headers
        parts = {
            id(verdict): self.parts(verdict) for verdict in {id(each): each for each in verdicts}.values()
        }
        labelled: list[bytes] = []
        of_all: list[Headers] = []
        for value, theirs, severity, verdict, event_id in zip(
            values, headers, severities, verdicts, event_ids, strict=True
        ):
            classification, ours = parts[id(verdict)]
            encoded_id = event_id.encode()
            # A name may be written with escapes; a lone backslash is found much faster than one with a letter after it.
            if b'"classification"' in value or (b"\\" in value and b"\\u" in value):
                value = without_classification(value)
            # The closing brace is the last byte but for white space: what decoded as an object ends with it.
            end = -1 if value[-1] == _CLOSING_BRACE else len(value.rstrip(_WHITE_SPACE)) - 1
            labelled.append(b"".join((value[:end], classification, encoded_id, ENDS[severity])))
            if has_id:
                ours = [*ours, ("event_id", encoded_id)]
            of_all.append(without_ours(theirs) + ours if theirs else ours)
        return labelled, of_all

    def parts(self, verdict: Verdict) -> tuple[bytes, Headers]:
        """Return what a verdict contributes: the classification up to the event's id, and headers. Not to be edited."""
        known = self._encoded[id(verdict)]
        if known is None or known[0] is not verdict:
            known = (verdict, self._classification(verdict), self._headers(verdict))
            self._encoded.put(id(verdict), known)
        return known[1], known[2]

    def headers(self, headers: Headers, verdict: Verdict, event_id: str) -> Headers:
        """Return the headers of a labelled record that keeps its form."""
        ours = self._headers(verdict)
        if "event_id" in self.output_headers:
            ours.append(("event_id", event_id.encode()))
        return without_ours(headers) + ours

    def classification(self, severity: str, verdict: Verdict, event_id: str) -> Classification:
        """Return what is written into a record that is no JSON object."""
        return Classification(
            verdict.label,
            verdict.confidence,
            verdict.tier,
            verdict.rule,
            verdict.template,
            verdict.best_guess,
            self._bundle_version,
            event_id,
            severity,
        )

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

    def _headers(self, verdict: Verdict) -> Headers:
        ours: Headers = [("label", verdict.label.encode()), ("tier", verdict.tier.encode())]
        return [header for header in ours if header[0] in self.output_headers]


def without_ours(headers: Headers) -> Headers:
    """Return the headers of a record without those that only a labelled one has."""
    return [header for header in headers if header[0] not in OUR_HEADERS]


def without_classification(value: bytes) -> bytes:
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
