"""The id of a template: of its text alone, so that a link to it holds for every store."""

from hashlib import blake2b

_MOST = (1 << 63) - 1  # SQLite's integers have a sign


def template_id(template: str) -> int:
    """Return the id of a template, 0 to 2^63 - 1."""
    digest = blake2b(template.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") & _MOST


def id_text(number: int) -> str:
    """Return an id as it is written outside the store: JavaScript's numbers are too short for it."""
    return f"{number:016x}"


def read_id(text: str) -> int | None:
    """Return the id that a text is; None where it is none."""
    if len(text) != 16 or not set(text) <= set("0123456789abcdef"):
        return None
    number = int(text, 16)
    return number if number <= _MOST else None
