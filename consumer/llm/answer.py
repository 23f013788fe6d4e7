"""From the text of a reply to labels, strictly: a label of the taxonomy for a template, or nothing."""

import re
from collections import Counter
from collections.abc import Set
from typing import Any

import msgspec

_FENCED = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)
_THOUGHT_ENDS = "</think>"


class UnreadableError(Exception):
    """An answer cannot be read as a whole. A smaller question may have one that can."""


class _Item(msgspec.Struct):
    number: int
    label: Any = None


class _Answer(msgspec.Struct):
    labels: list[msgspec.Raw]


_answer = msgspec.json.Decoder(_Answer)
_item = msgspec.json.Decoder(_Item)


def read_labels(text: str, count: int, taxonomy: Set[str]) -> dict[int, str]:
    """Return the label of each number from 1 to ``count`` that has exactly one, in the taxonomy.

    An item of another form is passed over, as is a number that was not asked. A number that comes twice has
    no label, even where both agree. Thinking before the JSON, as of DeepSeek R1, and a code fence around it
    are no part of it.

    Raises:
        UnreadableError: the text is not a JSON object with a list ``labels``, or no number has a label.
    """
    text = text.rpartition(_THOUGHT_ENDS)[2].strip()
    fenced = _FENCED.fullmatch(text)
    try:
        raw_items = _answer.decode(fenced[1] if fenced else text).labels
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise UnreadableError("the answer is not the JSON that was asked for") from error
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


def _read_item(raw: msgspec.Raw) -> _Item | None:
    try:
        return _item.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
