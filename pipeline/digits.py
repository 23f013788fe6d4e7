"""Digits made alike: messages that differ only in digits become one, and patterns are changed to match them."""

import re

_ZEROES = bytes.maketrans(b"123456789", b"000000000")
# Digits are those of ASCII throughout, as in RE2: a digit of another script is a letter like any other.
_TOKEN = re.compile(
    r"(?P<kept>\\x\{[0-9a-fA-F]+\}|\\x[0-9a-fA-F]{2}|\\[pP]\{[^}]*\}|\\.|\{\d+(?:,\d*)?\}|\(\?P?<[^>]*>)"
    r"|(?P<set>\[\^?\]?(?:\[:\^?\w+:\]|\\x\{[0-9a-fA-F]+\}|\\x[0-9a-fA-F]{2}|\\.|[^\]\\])*\])"
    r"|(?P<digit>\d)"
    r"|(?s:.)",
    re.ASCII,
)
# Quoted text, single bytes, digits written as octal or hexadecimal numbers; and ranges from a digit to
# something else.
_BEYOND = re.compile(r"\\[QC0-7]|\\x(?:3\d|\{0*3\d\})", re.ASCII)
_MIXED_RANGE = re.compile(r"\d-[^\d\]]|[^\d\[^]-\d", re.ASCII)
_ALL_DIGITS = re.compile(r"0-9|\\x\{[0-9a-fA-F]+\}|\\x[0-9a-fA-F]{2}")
_SET_DIGITS = re.compile(
    r"(?P<kept>0-9|\\x\{[0-9a-fA-F]+\}|\\x[0-9a-fA-F]{2}|\\.|\[:\^?\w+:\])|\d-\d|\d", re.ASCII
)


def zeroed(text: str) -> bytes:
    """Return a text as UTF-8, each of the digits 1 to 9 as 0."""
    return text.encode("utf-8", "surrogatepass").translate(_ZEROES)


def relaxed(pattern: str) -> str | None:
    """Return an RE2 pattern that finds ``zeroed(text)`` wherever ``pattern`` finds ``text``.

    It is the pattern itself where that asks for no digit in particular; what it then says of the zeroed text
    holds for the text too. None where such a pattern cannot be had.
    """
    if _BEYOND.search(pattern):
        return None
    parts = []
    for match in _TOKEN.finditer(pattern):
        token = match[0]
        if match.lastgroup == "digit":
            token = r"\d"  # noqa: S105 - no secret
        elif match.lastgroup == "set" and re.search("[0-9]", _ALL_DIGITS.sub("", token)):
            if _MIXED_RANGE.search(token):
                return None
            if token.startswith("[^"):
                allowed = _SET_DIGITS.sub(lambda part: part["kept"] or "", token[2:-1])
                token = f"[^{allowed}]" if allowed else "(?s:.)"
            else:
                start = "\\" if token[1] in "]-" else ""
                token = f"[0-9{start}{token[1:]}"
        parts.append(token)
    return "".join(parts)
