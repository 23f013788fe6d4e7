"""Groups of what is masked: patterns, and hints that say cheaply whether a text can hold any of them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Kind = tuple[str, str]
"""A name and a pattern of `re`. A pattern with a group ``<name>_key`` keeps what that group matches."""


class Group(NamedTuple):
    """Kinds by where they start, and their hints in RE2's syntax.

    A text in which no hint is found holds nothing that the patterns would find. So where it may hold something,
    that is decided in one pass; what is hinted at and not there costs time only.
    """

    hints: tuple[str, ...]
    placeholders: Mapping[str, str]
    """What stands in a template for each kind."""
    at_word: tuple[Kind, ...] = ()
    """Tried where a letter of ASCII stands and none before it."""
    at_sign: tuple[Kind, ...] = ()
    """Tried at any other character but white space, underscores and closing signs."""
    gate: str = ""
    """A look ahead at what each kind of `at_word` needs there."""
    long_hints: tuple[str, ...] = ()
    """Hints that count the characters of a run. They are looked for apart: see `pipeline.masking`."""


def secret(kinds: Sequence[Kind]) -> dict[str, str]:
    """Return the placeholders of kinds that are secrets."""
    return {kind: "<secret>" for kind, _ in kinds}


def keyed(kind: str, key: str, value: str) -> Kind:
    """Return a kind that keeps its first part and loses the value after it."""
    return kind, rf"(?P<{kind}_key>{key}){value}"


def any_of(words: Sequence[str]) -> str:
    """Return a pattern for any of some words, in any case of ASCII, that is quick to fail.

    Words are in RE2's syntax and start with a letter of ASCII: a set of letters is what `re` looks at first.
    """
    by_first: dict[str, list[str]] = {}
    for word in words:
        by_first.setdefault(word[0], []).append(word[1:])
    parts = [f"[{first}{first.upper()}](?ai:{'|'.join(rest)})" for first, rest in by_first.items()]
    return f"(?:{'|'.join(parts)})"
