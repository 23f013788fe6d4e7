"""JSON as some producers write it: with a byte-order mark, or with half of a pair of surrogates."""

import re

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# A pair, one half alone, or any other escape, so that an escaped backslash is not taken for the start of one.
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\.",
    re.DOTALL,
)


def without_mark(value: bytes) -> bytes:
    """Return JSON without a byte-order mark before it."""
    return value.removeprefix(BYTE_ORDER_MARK)


def without_halves(value: bytes) -> bytes:
    """Return JSON in which each surrogate that has no partner is the replacement character."""
    return _ESCAPE.sub(lambda match: rb"\ufffd" if match["half"] else match[0], value)
