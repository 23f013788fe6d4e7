"""Masking: the variable parts of a message out, its template left.

A template is what gets embedded, remembered and (as it stands) sent to an LLM, so masking serves two ends:
messages that differ only in values share one template, and no value leaves the process.

Three properties hold for every text, and are tested:

- idempotent: ``mask(mask(text)) == mask(text)``;
- digits are alike: ``mask(text) == mask(text with every digit set to 0)``, which is what lets `Masker` remember
  a template under a cheap key;
- linear in the length of the text: every alternative starts at the edge of a token or consumes what it reads.
"""

import re
import sys

from pipeline.cache import BoundedCache


MASKED_CHARS = 16_384
"""Characters of a message that are looked at; what follows does not change its template."""

_SECRET_KEY = (
    r"(?i:pass(?:word|wd|phrase)?|pwd|(?:client[_-]?)?secret|(?:access|auth|refresh|id|csrf|session)?[_-]?token"
    r"|(?:api|access|secret|private|session)[_-]?key|(?:proxy-)?authorization|credentials?|(?:set-)?cookie"
    r"|session[_-]?id|signature|otp)"
)
_USER_KEY = r"(?i:user(?:name|_?id)?|login|account|acct|logname|ruser|uname|owner|e?[ug]id)"
_SCHEME = r"(?:(?i:bearer|basic|digest|token|negotiate)\s+)?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?(?:Z\b|UTC\b|GMT\b|[+-]\d{2}:?\d{2}\b))?"

# At each position the first alternative that matches wins, so the specific come before the general.
# They stand in three groups by their first character, so that the inside of a word costs two checks and no more.
_AT_WORD: tuple[tuple[str, str], ...] = (
    ("secret", _SECRET_KEY + r"[\"']?(?:\s?[=:]\s?|\s=>\s)" + _SCHEME + r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&\"'\]})]+)"),
    ("user", _USER_KEY + r"=[^\s,;&\"'\])}]+"),
    ("bearer", r"(?i:bearer|basic)\s+[A-Za-z0-9+/=._~-]{16,}"),
    (
        "token",
        r"(?:A[KS]IA[A-Z0-9]{12,}|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{8,}"
        r"|sk-[\w-]{16,}|gsk_\w{16,}|AIza[\w-]{30,}|eyJ[\w-]{8,}(?:\.[\w-]*){0,2})",
    ),
    ("month", r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s)?" + _MONTH + r"\s+\d{1,2},?\s(?:\d{4}\s)?\d{1,2}:\d{2}:\d{2}"
              r"(?:\s(?:[A-Z]{3,4}\s)?\d{4})?"),
    ("drive", r"[A-Za-z]:\\[\w.@%+~$#\\-]*"),
)
_AT_TOKEN: tuple[tuple[str, str], ...] = (
    ("url", r"[a-zA-Z][a-zA-Z0-9+.-]{1,15}://[^\s\"'<>]+"),
    ("email", r"(?<![.+-])[\w.+-]+@[A-Za-z\d-]+(?:\.[A-Za-z\d-]+)+"),
    ("uuid", r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"),
    ("mac", r"(?<!:)[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}(?![\w:])"),
    (
        "ip",
        r"(?<![.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\.\d)(?:/\d{1,2}\b)?|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}(?![\w:])"
        r"|(?=[0-9a-fA-F:]*::)(?=[0-9a-fA-F:]*\d)[0-9a-fA-F]{1,4}(?:::?[0-9a-fA-F]{1,4}){0,7}(?:::)?(?![\w:])"
        r"(?:/\d{1,3}\b)?)",
    ),
    ("hex", r"0[xX][0-9a-fA-F]+\b|(?=[a-fA-F]*\d)(?=\d*[a-fA-F])(?:[0-9a-f]{6,}|[0-9A-F]{6,})\b"),
    ("id", r"(?=(?:[A-Za-z]*\d){3})(?=\d*[A-Za-z])[A-Za-z\d]{12,}\b"),
)
_AT_SIGN: tuple[tuple[str, str], ...] = (
    ("keep", r"<(?:num|hex|uuid|ip|mac|path|url|email|ts|duration|size|str|secret|user|id)>"),
    ("json_key", r"\"[A-Za-z_.-]+\"(?=\s?:)"),
    ("quoted", r"\"[^\s\"]*\"|(?<!\w)'[^\s']*'(?!\w)|`[^\s`]*`"),
    ("key", r"-----BEGIN[A-Z ]{0,40}PRIVATE KEY-----(?:[^-]*-----END[A-Z ]{0,40}PRIVATE KEY-----)?"),
    ("path", r"(?<![\w.>])(?:~|\.\.?)?(?:/[\w.@%+:~$#=?&*!-]+)+/?(?<![.:?!])|\\(?:\\?[\w.@%+~$#-]+){2,}"),
    ("ip6", r"(?<![\w.:])(?=[0-9a-fA-F:]*\d)::(?:[0-9a-fA-F]{1,4}:?){1,7}(?![\w:])"),
    (
        "ts",
        r"(?<!\d)(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:(?:T|\s|,\s?|[-_])" + _CLOCK + r")?"
        r"|\d{1,2}[-/](?:" + _MONTH + r"|\d{1,2})[-/]\d{2,4}(?:[:\s]" + _CLOCK + r")?"
        r"|\d{1,2}:\d{2}:\d{2}(?:[.,:]\d+)?)(?!\d)",
    ),
    (
        "duration",
        r"(?<![\w.])\d+(?:\.\d+)?\s?(?:ns|us|µs|ms|msecs?|millis(?:econds?)?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?"
        r"|hours?|d|days?)\b",
    ),
    ("size", r"(?<![\w.])\d+(?:\.\d+)?\s?(?:[KMGTPkmgt]i?[Bb]|[Bb]ytes?|B|[KMGT])\b"),
    ("num", r"(?<![\w.])[-+]?\d+(?:[.,]\d+)*|\d+(?:\.\d+)*"),
)


def _any(parts: tuple[tuple[str, str], ...]) -> str:
    return "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in parts)


_VARIABLE = re.compile(
    rf"(?<![A-Za-z0-9])(?=[A-Za-z])(?:{_any(_AT_WORD)})"
    rf"|(?<!\w)(?=[\w.+-])(?:{_any(_AT_TOKEN)})"
    rf"|(?![A-Za-z\s_,;)\]}}])(?:{_any(_AT_SIGN)})"
)
_KEY_AND_SEPARATOR = re.compile(r"[^=:]*?(?:\s?[=:]\s?|\s=>\s)")
_PLACEHOLDER = {
    "bearer": "<secret>",
    "token": "<secret>",
    "key": "<secret>",
    "month": "<ts>",
    "quoted": "<str>",
    "drive": "<path>",
    "ip6": "<ip>",
}
_SPACES = re.compile(r"\s+")
_ZEROES = bytes.maketrans(b"123456789", b"000000000")


def _replace(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""  # every alternative is named
    if kind in ("keep", "json_key"):
        return match[0]
    if kind in ("secret", "user"):
        key = _KEY_AND_SEPARATOR.match(match[0])
        return f"{key[0] if key else ''}<{kind}>"
    return _PLACEHOLDER.get(kind) or f"<{kind}>"


def mask(text: str) -> str:
    """Return the template of a message: its variable parts replaced by ``<num>``, ``<ip>``, ``<path>`` ...

    Only the first `MASKED_CHARS` characters are looked at. White space becomes single spaces and what cannot be
    printed becomes ``?``, so that a template is one line that is safe to show.
    """
    template = _VARIABLE.sub(_replace, _SPACES.sub(" ", text[:MASKED_CHARS]).strip())
    return template if template.isprintable() else "".join(c if c.isprintable() else "?" for c in template)



class Masker:
    """`mask` with a memory: messages that differ only in digits are masked once.

    Not thread-safe; a lane has its own.
    """

    def __init__(self, max_entries: int = 200_000) -> None:
        self._templates: BoundedCache[bytes, str] = BoundedCache(max_entries)

    def __len__(self) -> int:
        return len(self._templates)

    def template(self, message: str) -> str:
        """Return ``mask(message)``."""
        key = message[:MASKED_CHARS].encode("utf-8", "surrogatepass").translate(_ZEROES)
        template = self._templates.get(key)
        if template is None:
            template = sys.intern(mask(message))
            # A long message is not worth its place: what repeats in logs is short.
            if len(key) <= 2_048:
                self._templates.put(key, template)
        return template
