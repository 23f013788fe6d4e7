"""Whether a template is one that the classifier can read: in words that it has learnt from.

A message in another language gets an embedding like any other, and a sure and wrong label with it.
"""

import re
from collections.abc import Container

from pipeline.features import encoder_text

_LEAST_KNOWN = (
    0.35  # of the words of a message; of systems never seen, fewer than 1 message in 100 knows less
)
_LEAST_WORDS = 3
_MOST_FOREIGN = 1
_PLACEHOLDER = re.compile(r"<\w+>")
_WORD = re.compile(r"[^\W\d_]{3,}")


def readable(template: str, known: Container[str]) -> bool:
    """Return whether enough words of a template are among those ``known``, which are in small letters.

    It is not where most words are unknown, or several that are not in the letters of ASCII.
    """
    words = words_of(template)
    unknown = [word for word in words if word not in known]
    if sum(not word.isascii() for word in unknown) > _MOST_FOREIGN:
        return False
    return len(words) < _LEAST_WORDS or len(unknown) <= (1 - _LEAST_KNOWN) * len(words)


def words_of(template: str) -> list[str]:
    """Return the words of a template of three letters or more, in small letters, without placeholders."""
    return _WORD.findall(encoder_text(_PLACEHOLDER.sub(" ", template)).lower())
