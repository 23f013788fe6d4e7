"""The words of a template, and the RE2 pattern of some of them: a mask becomes what it can stand for."""

import re
from typing import NamedTuple

MASK = re.compile("<[a-z_]+>")
_TOKEN = re.compile(r"(?:<[a-z_]+>|\w)+")
_PARTS = re.compile(r"(?P<mask><[a-z_]+>)|(?P<space> )|(?P<text>[^< ]+|<)")
_SPECIAL = re.compile(r"[\\.+*?()\[\]{}|^$]")
_EDGE_MASKS = ("<num>", "<hex>")
_SAFE_CLASSES = {
    "<num>": "[-+]?[0-9][0-9.,]*",
    "<hex>": "[0-9A-Za-z]+",
    "<uuid>": "[0-9A-Fa-f-]+",
    "<mac>": "[0-9A-Fa-f:-]+",
    "<ip>": "[0-9A-Fa-f.:/]+",
    "<duration>": r"[0-9.]+\s?[a-zµ]+",
    "<size>": r"[0-9.]+\s?[A-Za-z]+",
    "<url>": r"\S+",
    "<id>": r"\S+",
    "<email>": r"\S+",
}
"""What stands for a mask in a pattern; for another one it is `GAP`."""
GAP = ".+?"
"""Between the words of a pair, and for a mask whose value may hold spaces; it ends with the line.

A bound would cost RE2 a state for each character, in the pass that matches all rules of a service at once.
"""


class Words(NamedTuple):
    """The words of a template: their texts, masks within them, and where each begins and ends."""

    texts: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


def words_of(template: str) -> Words:
    """Return the words of a template: runs of letters, digits, underscores and the masks that touch them."""
    found = [*_TOKEN.finditer(template)]
    return Words(tuple(each[0] for each in found), tuple(each.span() for each in found))


def is_edge(word: str) -> bool:
    """Return whether a pattern may begin and end with a word: it has a letter, and a boundary at both of its ends."""
    bare = MASK.sub("", word)
    return (
        any(map(str.isalpha, bare))
        and _is_plain_end(word, first=True)
        and _is_plain_end(word, first=False)
        and word.isprintable()
    )


def pattern_of(*texts: str) -> str:
    """Return the RE2 pattern of one run of words, or of several with a gap between them; each is part of a template."""
    return GAP.join(_pattern(text) for text in texts)


def _pattern(text: str) -> str:
    parts = []
    for match in _PARTS.finditer(text):
        if match["mask"]:
            parts.append(_SAFE_CLASSES.get(match[0], GAP))
        elif match["space"]:
            parts.append(r"\s+")
        else:
            parts.append(_SPECIAL.sub(r"\\\g<0>", match[0]))
    return rf"\b{''.join(parts)}\b"


def _is_plain_end(word: str, *, first: bool) -> bool:
    masks = MASK.findall(word)
    if masks and (word.startswith(masks[0]) if first else word.endswith(masks[-1])):
        return (masks[0] if first else masks[-1]) in _EDGE_MASKS
    # \b of RE2 knows the letters of ASCII alone.
    return (word[0] if first else word[-1]).isascii()
