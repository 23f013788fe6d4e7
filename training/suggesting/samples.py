"""Messages for templates: a sample value for each mask, so that no value of a user's log is in a rules file."""

import re

_VALUES = {
    "<num>": "17",
    "<hex>": "0x3f9ac2",
    "<uuid>": "3f9c2a1e-7b1d-4c5e-8a2f-0b9d6e5c4f3a",
    "<ip>": "203.0.113.7",
    "<mac>": "02:42:ac:11:00:02",
    "<path>": "/var/data/file",
    "<url>": "https://example.com/page",
    "<email>": "name@example.com",
    "<ts>": "2025-02-03 04:05:06",
    "<duration>": "30 ms",
    "<size>": "12 KB",
    "<str>": '"name"',
    "<user>": "name",
    "<id>": "req7f3k9q2x41",
}
"""A secret stays as it is masked: nothing that looks like one is made."""
_MASK = re.compile("|".join(_VALUES))
_GLUED = re.compile(r"(?<=\w)<hex>")


def sample_message(template: str) -> str:
    """Return a message of a template: its masks filled with sample values."""
    return _MASK.sub(lambda match: _VALUES[match[0]], _GLUED.sub("3f9ac2e1", template))
