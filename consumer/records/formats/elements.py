"""Records that hold several JSON values: arrays, lines, and objects with an array in them.

Such a record is taken apart into its elements, and put together again with some of them changed or left out.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from consumer.records.formats.found import Alone, Bad, Classification, Found, Origin, Read, Write
from consumer.records.formats.limits import check_events, check_values
from consumer.records.formats.members import check_utf8, members_of
from consumer.records.json_text import without_halves, without_mark
from consumer.records.labelled import without_classification
from consumer.records.reasons import UndecodableError

Members = Mapping[str, msgspec.Raw]


class Element(NamedTuple):
    """One element of a record: its JSON, and the members of the object around its array, if there is one."""

    value: bytes
    around: Members
    alone: Callable[[bytes], bytes]
    """Returns a record with one element, in the form of this one."""


class Split(NamedTuple):
    """A record, taken apart. ``is_one`` where by its form it is one element itself."""

    elements: list[Element]
    join: Callable[[Sequence[bytes | None]], bytes]
    """Returns the record with these elements in place of its own, without those that are None."""
    is_one: bool = False


Splitter = Callable[[bytes], Split]
"""Takes a record apart. Raises `UndecodableError`."""
ReadElement = Callable[[Element, Origin], Found]
"""Returns the event of an element. Raises `UndecodableError`."""

_ARRAY = re.compile(rb'(?:\xef\xbb\xbf)?\s*\[\s*\{\s*["}]')
_OBJECT = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*["}]')
_array = msgspec.json.Decoder(list[msgspec.Raw])
_encode = msgspec.json.Encoder().encode


def reader_of_each(split: Splitter, read: ReadElement) -> Read:
    """Return the reader of records that hold an event in each element."""

    def read_each(value: bytes, origin: Origin) -> list[Found | Bad]:
        found: list[Found | Bad] = []
        taken_apart = split(value)
        if taken_apart.is_one:
            return [read(taken_apart.elements[0], origin)]
        for index, element in enumerate(taken_apart.elements):
            try:
                found.append(msgspec.structs.replace(read(element, origin), index=index))
            except UndecodableError as error:
                found.append(Bad(error.reason, index, element.alone(element.value)))
        return found

    return read_each


def writer_of_each(split: Splitter) -> Write:
    """Return what adds a ``classification`` member to each element of a record."""

    def write(value: bytes, classifications: Sequence[Classification | None]) -> bytes:
        taken_apart = split(value)
        return taken_apart.join(
            [
                None if given is None else with_classification(element.value, given)
                for element, given in zip(taken_apart.elements, classifications, strict=True)
            ]
        )

    return write


def alone_of_each(split: Splitter) -> Alone:
    """Return what makes a record of each of some elements."""

    def alone(value: bytes, indexes: Sequence[int]) -> list[bytes]:
        elements = split(value).elements
        return [elements[index].alone(elements[index].value) for index in indexes]

    return alone


def with_classification(value: bytes, given: Classification) -> bytes:
    """Return a JSON object with a member more; what is no object is left as it is."""
    value = without_mark(value).strip()
    if value[:1] != b"{":
        return value
    if b'"classification"' in value or b"\\u" in value:
        value = without_classification(value)
    comma = b"" if value[1:-1].strip() == b"" else b","
    return value[:-1] + comma + b'"classification":' + _encode(given) + b"}"


def one(value: bytes) -> Split:
    """Return a record that is one element itself."""
    return Split([Element(value, {}, lambda one: one)], lambda values: values[0] or b"", is_one=True)


def is_array(value: bytes, origin: Origin) -> bool:
    """Return whether a record starts and ends as an array of objects."""
    return _ARRAY.match(value) is not None and value.rstrip()[-1:] == b"]"


def are_lines(value: bytes, origin: Origin) -> bool:
    """Return whether a record, which is no single object, has an object in its first line, and another line."""
    first, _, rest = value.partition(b"\n")
    return _OBJECT.match(first) is not None and first.rstrip()[-1:] == b"}" and rest.strip() != b""


def split_array(value: bytes) -> Split:
    """Take an array apart."""
    return Split(
        [Element(each, {}, _array_of_one) for each in _elements(value)],
        lambda values: b"[" + b",".join(each for each in values if each is not None) + b"]",
    )


def split_lines(value: bytes) -> Split:
    """Take lines apart, each of which is a JSON value."""
    check_utf8(value)
    check_events(value.count(b"\n"))
    lines = [line for line in without_halves(without_mark(value)).splitlines() if line.strip()]
    return Split(
        [Element(each, {}, lambda one: one) for each in lines],
        lambda values: b"".join(each + b"\n" for each in values if each is not None),
    )


def splitter_of_member(name: str) -> Splitter:
    """Return what takes an object apart that has an array under a name."""

    def split(value: bytes) -> Split:
        members = members_of(value)
        array = members.get(name)
        if array is None:
            raise UndecodableError("not_this_format")
        around = {each: raw for each, raw in members.items() if each != name}
        elements = _elements(array)
        rest = len(value) - len(bytes(array))
        check_events(len(elements), len(elements) * rest)

        def join(values: Sequence[bytes | None]) -> bytes:
            kept = b",".join(each for each in values if each is not None)
            return _encode({**members, name: msgspec.Raw(b"[" + kept + b"]")})

        return Split([Element(each, around, lambda one: join([one])) for each in elements], join)

    return split


def _array_of_one(value: bytes) -> bytes:
    return b"[" + value + b"]"


def _elements(array: bytes | msgspec.Raw) -> list[bytes]:
    raw = bytes(array)
    check_values(raw)
    if not raw.isascii():
        check_utf8(raw)
    try:
        elements = [bytes(each) for each in _array.decode(without_halves(without_mark(raw)))]
    except msgspec.ValidationError as error:
        raise UndecodableError("not_this_format") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise UndecodableError("not_json") from error
    check_events(len(elements))
    return elements
