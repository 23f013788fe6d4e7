"""`pipeline.masking.mask` with a memory, since most messages differ from earlier ones only in their values.

Masking costs some 50 µs, looking a template up 1 µs. The key to look it up by is the message with its commonest values
made alike. That must never change the template, so only values are touched whose every form masking treats alike,
and only where masking is sure to see them as such: ``mask(alike(message)) == mask(message)``, a tested property.
"""

import re
import sys

from pipeline.cache import BoundedCache
from pipeline.masking import MASKED_CHARS, mask

_LONGEST_KEY = 2_048  # bytes; a longer message is not worth its place, for what repeats in logs is short
_ZEROES = bytes.maketrans(b"123456789", b"000000000")
# On bytes whose digits are all zero. Each alternative starts with the characters it can start with, for that is what
# the search is quick to skip by, and then looks back at what stands before them.
_ALIKE = re.compile(
    rb"[0a-f](?:"
    rb"(?<![^ =(\[{\"'|;<].)(?:"
    rb"(?:(?<=0)|(?=[a-f-]*0))(?P<uuid>[0a-f]{7}-(?:[0a-f]{4}-){3}[0a-f]{12}(?![\w@.<\x80-\xff-]))"
    rb"|(?<![:/].)(?:"
    rb"(?P<hex>(?=[0a-f]{5})(?:(?<=0)0*[a-f]|(?<=[a-f])[a-f]*0)[0a-f]*(?![\w@.:/+<\x80-\xff-]))"
    rb"|(?P<address>(?<=0)x[0a-f]+(?![\w@.:/+<\x80-\xff-]))"
    rb"))"
    rb"|(?<=\w-.)(?:(?<=0)|(?=[a-f-]*0))(?P<part>[0a-f]{7}-(?:[0a-f]{4}-){3}[0a-f]{12}(?![\w@.<\x80-\xff-])))"
    rb"| (?<![\s\x80-\xff] )(?<!(?i:earer|basic) )(?:(?P<path>(?:/[\w.@%+~=-]+)*/[\w.@%+~=-]*\w)|(?P<url>https?://[\w./:%~=-]*\w))(?= |$)"
)
_FORMS = {
    "uuid": b"00000000-0000-0000-0000-000000000000",
    "part": b"00000000-0000-0000-0000-000000000000",
    "path": b" /a",
    "url": b" http://a",
}


def alike(message: str) -> bytes:
    """Return a message as UTF-8 with its commonest values made alike."""
    return _ALIKE.sub(_form, _zeroed(message))


def _zeroed(message: str) -> bytes:
    return message.encode("utf-8", "surrogatepass").translate(_ZEROES)


def _form(match: re.Match[bytes]) -> bytes:
    kind, value = match.lastgroup or "", match[0]  # every alternative is named
    # As long as it was, since masking looks at lengths; "a" is what makes it hexadecimal.
    if kind == "hex":
        return b"a".rjust(len(value), b"0")
    if kind == "address":
        return b"0x".ljust(len(value), b"0")
    return _FORMS[kind]


class Masker:
    """Messages in, templates out, remembered and bounded. Not thread-safe; a lane has its own."""

    def __init__(self, max_entries: int = 200_000) -> None:
        self._templates: BoundedCache[bytes, str] = BoundedCache(max_entries)

    def __len__(self) -> int:
        return len(self._templates)

    def template(self, message: str) -> str:
        """Return ``mask(message)``."""
        message = message[:MASKED_CHARS]
        # Most messages differ in digits alone, and are spared the search for other values.
        key = _zeroed(message)
        template = self._templates.get(key)
        if template is None:
            key = _ALIKE.sub(_form, key)
            template = self._templates.get(key)
            if template is None:
                template = sys.intern(mask(message))
                if len(key) <= _LONGEST_KEY:
                    self._templates.put(key, template)
        return template
