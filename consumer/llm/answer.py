"""From the text of a reply to labels, strictly: a label of the taxonomy for a template, or nothing."""

import json
import re
from collections import Counter
from collections.abc import Set
from typing import Annotated, Any

import msgspec

_FENCED = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL | re.IGNORECASE)
_THOUGHT_ENDS = "</think>"
_OBJECT = re.compile(r"\{\s*\"labels\"\s*:")
_MAX_OBJECTS = 20


class UnreadableError(Exception):
    """An answer cannot be read as a whole. A smaller question may have one that can."""


class _Item(msgspec.Struct):
    number: int
    label: Any = None


class _NumberAsText(msgspec.Struct):
    number: Annotated[str, msgspec.Meta(pattern=r"^ *[0-9]{1,9} *$")]
    label: Any = None


class _Answer(msgspec.Struct):
    labels: list[msgspec.Raw]


_json = json.JSONDecoder()
_answer = msgspec.json.Decoder(_Answer)
_item = msgspec.json.Decoder(_Item)
_item_of_text = msgspec.json.Decoder(_NumberAsText)


def read_labels(text: str, count: int, taxonomy: Set[str]) -> dict[int, str]:
    """Return the label of each number from 1 to ``count`` that has exactly one, in the taxonomy.

    An item of another form is passed over, as is a number that was not asked. A number that comes twice has
    no label, even where both agree. Thinking before the JSON, as of DeepSeek R1, a code fence and sentences around it
    are no part of it.

    Raises:
        UnreadableError: the text does not hold one JSON object with a list ``labels``, or no number has a label.
    """
    raw_items = _raw_items(text.rpartition(_THOUGHT_ENDS)[2].strip())
    items = [item for item in map(_read_item, raw_items) if item is not None]
    times = Counter(item.number for item in items)
    labels = {
        item.number: item.label
        for item in items
        if times[item.number] == 1
        and 1 <= item.number <= count
        and isinstance(item.label, str)
        and item.label in taxonomy
    }
    if not labels:
        raise UnreadableError("the answer has no label that was asked for")
    return labels


def _raw_items(text: str) -> list[msgspec.Raw]:
    """Return the items of the one object with ``labels`` that a text is, has in a fence, or has among sentences."""
    candidates = [text, *_FENCED.findall(text)[:_MAX_OBJECTS]]
    for candidate in candidates:
        try:
            return _answer.decode(candidate).labels
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            continue
    found = {}
    for start in [match.start() for match in _OBJECT.finditer(text)][:_MAX_OBJECTS]:
        try:
            _, end = _json.raw_decode(text, start)
            found[text[start:end]] = _answer.decode(text[start:end]).labels
        except (ValueError, RecursionError):  # msgspec's errors are values' too
            continue
    if len(found) != 1:  # of several, which was meant?
        raise UnreadableError("the answer is not the JSON that was asked for")
    return next(iter(found.values()))


def _read_item(raw: msgspec.Raw) -> _Item | None:
    try:
        return _item.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        pass
    try:
        item = _item_of_text.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return _Item(int(item.number), item.label)
