"""Masking: the variable parts of a message out, its template left.

A template is what gets embedded, remembered and (as it stands) sent to an LLM, so masking serves two ends:
messages that differ only in values share one template, and no value leaves the process. What is masked stands in
several files: values (`pipeline.values`), and behind hints secrets (`pipeline.secrets`, `pipeline.commands`,
`pipeline.tokens`) and what is about persons (`pipeline.personal`).

Three properties hold for every text, and are tested:

- idempotent: ``mask(mask(text)) == mask(text)``;
- digits are alike: ``mask(text) == mask(text with every digit set to 0)``, which is what lets a template be
  remembered under a cheap key;
- linear in the length of the text: an alternative starts at the edge of a token, or consumes what it reads.

The first asks for care: a placeholder has neither digits nor white space, so what was no quoted word and no
edge of a token before must not become one by masking. Hence ``<`` ends a quoted word, and what minds a digit
next to it minds a placeholder too.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple

from pipeline.cleaning import clean
from pipeline.commands import COMMANDS
from pipeline.kinds import Kind
from pipeline.personal import PERSONAL
from pipeline.rules import compiled_set
from pipeline.secrets import ANNOUNCED
from pipeline.tokens import TOKENS, without_key_end
from pipeline.values import AT_KEY, AT_SIGN, AT_TOKEN, AT_WORD, KEPT, PLACEHOLDERS

MASKED_CHARS = 16_384
"""Characters of a message that are looked at, and the most that a template has."""

# A text has few of these, mostly none. A pass of RE2 says which, for a fraction of what trying them at each
# position costs. Runs of characters are counted in a pass of their own: an automaton for them and for all else, in
# whatever state that is, would grow with nearly every text.
_GROUPS = (ANNOUNCED, COMMANDS, TOKENS, PERSONAL)
_HINTS = compiled_set(["|".join(group.hints) for group in _GROUPS], 64 << 20)
_LONG_HINTS = compiled_set(["|".join(TOKENS.long_hints)], 64 << 20)
_TOKENS_PLACE = _GROUPS.index(TOKENS)
_GROUPED = tuple(kind for group in _GROUPS for kind in (*group.at_word, *group.at_sign))
_PLACEHOLDERS = {
    **{kind: f"<{kind}>" for kind, _ in (*AT_KEY, *AT_WORD, *AT_TOKEN, *AT_SIGN)},
    **PLACEHOLDERS,
    **{kind: placeholder for group in _GROUPS for kind, placeholder in group.placeholders.items()},
}
_KEYED = frozenset(kind for kind, pattern in (*AT_KEY, *_GROUPED) if f"(?P<{kind}_key>" in pattern)
_WHOLE = {kind: text for kind, text in _PLACEHOLDERS.items() if kind not in (*_KEYED, *KEPT)}
_LONG_RUN = re.compile(r"\{[0-9]{2}")
_DIGITS = re.compile(r"\d+")
_TOKEN = re.compile("|".join(pattern for _, pattern in TOKENS.at_word))


def _any(kinds: tuple[Kind, ...]) -> str:
    return "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds)


def _variable_text(groups: Sequence[int]) -> str:
    """Return the pattern of all that is masked: the values, and of the groups those at the places given.

    Kinds stand together by their first character, and each behind a cheap look at what it needs, so that a
    plain word costs a few checks and the inside of a word three.
    """
    at_word = "".join(f"{_GROUPS[place].gate}(?:{_any(_GROUPS[place].at_word)})|" for place in groups)
    at_sign = "".join(f"{_any(_GROUPS[place].at_sign)}|" for place in groups if _GROUPS[place].at_sign)
    return (
        rf"(?<![A-Za-z])(?=[A-Za-z])(?:{at_word}"
        rf"(?=[A-Za-z]++(?:[_-][A-Za-z]++){{0,2}}=)(?:{_any(AT_KEY)})|{_any(AT_WORD)})"
        rf"|(?<!\w)(?=[\w.+-])(?![A-Za-z]++(?:[\s,;\"')\]]|$))(?<![\w>]>)(?:{_any(AT_TOKEN)})"
        rf"|(?![A-Za-z\s_,;)\]}}])(?:{at_sign}{_any(AT_SIGN)})"
    )


@cache
def _variable(groups: tuple[int, ...]) -> re.Pattern[str]:
    return re.compile(_variable_text(groups))


_VALUES = _variable(())


class PortablePatterns(NamedTuple):
    """What masks as `mask_clean` does in another engine than `re`, as the native core does, for printable ASCII.

    Not in a text that holds the end of a key.
    """

    hints: Sequence[str]
    """In the syntax of RE2: where none is found, there are none but the commonest values."""
    values: str
    """The commonest values, each kind as a group of its name."""
    hinted: str
    """All values: those that are hinted at too."""
    tokens: str
    """What a name before a value must not hold, to be kept."""
    kinds: Sequence[tuple[str, Literal["kept", "whole", "keyed"], str]]
    """The kinds, what of them stays, and their placeholders."""


def portable_patterns() -> PortablePatterns:
    """Return the patterns that mask."""
    kinds: list[tuple[str, Literal["kept", "whole", "keyed"], str]] = [(kind, "kept", "") for kind in KEPT]
    kinds += [(kind, "whole", placeholder) for kind, placeholder in _WHOLE.items()]
    kinds += [(kind, "keyed", _PLACEHOLDERS[kind]) for kind in _KEYED if kind not in KEPT]
    hints = [hint for group in _GROUPS for hint in (*group.hints, *group.long_hints)]
    quick = [hint for hint in hints if not _LONG_RUN.search(hint)]
    slow = [hint for hint in hints if hint not in quick]
    return PortablePatterns(
        ("|".join(quick), "|".join(slow)),
        _for_ascii(_variable_text(())),
        _for_ascii(_variable_text(range(len(_GROUPS)))),
        _for_ascii(_TOKEN.pattern),
        sorted(kinds),
    )


def _for_ascii(pattern: str) -> str:
    """Return a pattern of `re` as other engines write it: that letters are those of ASCII is a flag of `re` alone."""
    return pattern.replace("(?ai:", "(?i:").replace("(?a:", "(?:")


def _replace(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""  # every alternative is named
    if placeholder := _WHOLE.get(kind):
        return placeholder
    if kind in KEPT:
        return match[0]
    key = match[f"{kind}_key"]
    if _TOKEN.search(key):
        return _PLACEHOLDERS[kind]
    return _DIGITS.sub("<num>", key) + _PLACEHOLDERS[kind]


def mask(text: str) -> str:
    """Return the template of a message: its variable parts replaced by ``<num>``, ``<ip>``, ``<path>`` ...

    Only the first `MASKED_CHARS` characters are looked at, and fewer where their template would be longer
    than that. The text is cleaned first (see `pipeline.cleaning`). White space becomes single spaces, and what
    cannot be printed ``?``: a template is one line that is safe to show.
    """
    return mask_clean(clean(text[:MASKED_CHARS]))


def mask_clean(text: str) -> str:
    """Return ``mask(text)`` of a text that is clean, and no longer than `MASKED_CHARS`."""
    return _masked(text)[2]


class Part(NamedTuple):
    """A part of a message, and what stands for it in its template: the same where it is kept."""

    text: str
    masked: str


def parts_of(text: str) -> list[Part]:
    """Return a message in parts, in order: together what stands for them is ``mask(text)``."""
    text, variable, _ = _masked(clean(text[:MASKED_CHARS]))
    parts, end = [], 0
    for match in variable.finditer(text):
        kept, value = text[end : match.start()], match[0]
        parts += [Part(kept, kept)] if kept else []
        parts.append(Part(value, _replace(match)))
        end = match.end()
    return [*parts, Part(text[end:], text[end:])] if end < len(text) else parts


def has_hint(text: str) -> bool:
    """Return whether a clean text may have more than the commonest values, as secrets are, and names of persons."""
    return bool(_hinted(_in_one_line(text)))


def _in_one_line(text: str) -> str:
    text = " ".join(text.split())
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "?" for c in text)
    return without_key_end(text)


def _hinted(text: str) -> tuple[int, ...]:
    """Return the groups of which a text may have something."""
    encoded = text.encode("utf-8", "surrogatepass")
    found: set[int] = set(_HINTS.Match(encoded) or ())
    if _LONG_HINTS.Match(encoded):
        found.add(_TOKENS_PLACE)
    return tuple(sorted(found))


def _masked(text: str) -> tuple[str, re.Pattern[str], str]:
    """Return what of a clean text is masked, the pattern of what is variable in it, and its template."""
    text = _in_one_line(text)
    hinted = _hinted(text)
    variable = _variable(hinted) if hinted else _VALUES
    template = variable.sub(_replace, text)
    while len(template) > MASKED_CHARS:
        text = text[: len(text) // 2].rstrip()
        template = variable.sub(_replace, text)
    return text, variable, template
