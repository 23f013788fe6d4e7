"""Masking: the variable parts of a message out, its template left.

A template is what gets embedded, remembered and (as it stands) sent to an LLM, so masking serves two ends:
messages that differ only in values share one template, and no value leaves the process. What is masked stands in
four files: values here, and secrets in `pipeline.secrets`, `pipeline.commands` and `pipeline.tokens`.

Three properties hold for every text, and are tested:

- idempotent: ``mask(mask(text)) == mask(text)``;
- digits are alike: ``mask(text) == mask(text with every digit set to 0)``, which is what lets a template be
  remembered under a cheap key;
- linear in the length of the text: an alternative starts at the edge of a token, or consumes what it reads.

The first asks for care: a placeholder has neither digits nor white space, so what was no quoted word and no
edge of a token before must not become one by masking. Hence ``<`` ends a quoted word, and what minds a digit
beside it minds a placeholder too.
"""

import re

from pipeline import commands, secrets, tokens
from pipeline.cleaning import clean
from pipeline.rules import compiled_set

MASKED_CHARS = 16_384
"""Characters of a message that are looked at, and the most that a template has."""

_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w<])"
_USER_KEY = r"(?i:user(?:name|_?id)?|login|account|acct|logname|ruser|uname|owner|e?[ug]id)"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?(?:Z\b|UTC\b|GMT\b|[+-]\d{2}:?\d{2}\b))?"


# At each position the first alternative that matches wins, so the specific come before the general.
# They stand in groups by their first character, and each group behind a cheap look at what it needs, so that
# a plain word costs a few checks and the inside of a word three.
_AT_KEY: tuple[tuple[str, str], ...] = (
    secrets.keyed("user", rf"{_USER_KEY}=", r"(?:<user>|\"[^\"]*\"|'[^']*'|[^\s,;&\"'\])}]+)"),
)
_AT_WORD: tuple[tuple[str, str], ...] = (
    ("glued_word_uuid", rf"(?<=_){_UUID}"),
    ("glued_word", r"(?<=_)(?=[a-f]+\d)[0-9a-f]{8,}(?![\w<])"),
    # An IBAN in groups of four; one in a piece is an id.
    ("iban", r"[A-Z]{2}\d{2}\s(?=(?:[A-Z\s]*\d){8})[A-Z\d]{4}(?:\s[A-Z\d]{4}){1,6}(?:\s[A-Z\d]{1,3})?(?![\w<])"),
    (
        "month",
        r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s)?"
        + _MONTH
        + r"\s+\d{1,2},?\s(?:\d{4}\s)?\d{1,2}:\d{2}:\d{2}"
        r"(?:\s(?:[A-Z]{3,4}\s)?\d{4}\b)?",
    ),
    ("drive", r"[A-Za-z]:\\[\w.@%+~$#\\-]*(?:\s[\w.@%+~$#-]+\\[\w.@%+~$#\\-]*)*"),
)
_AT_TOKEN: tuple[tuple[str, str], ...] = (
    (
        "url",
        r"[a-zA-Z][a-zA-Z0-9+.-]{1,15}://(?:[^\s/@:\"'<>]*:(?:[^\s/\"'<>]|['<](?=[A-Za-z0-9]))*@)?[^\s\"'<>]+",
    ),
    ("email", r"(?<![.+-])[\w.+-]+@(?:(?:[^\W_]|-)+(?:\.(?:[^\W_]|-)+)+|localhost\b)"),
    ("uuid", _UUID),
    ("mac", r"(?<!:)[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}(?![\w<]|:[\w:<])"),
    (
        "ip",
        r"(?<![.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\.\d)(?:/\d{1,2}\b)?|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}(?![\w:<])"
        r"|(?=[0-9a-fA-F:]*::)(?=[0-9a-fA-F:]*\d)[0-9a-fA-F]{1,4}(?:::?[0-9a-fA-F]{1,4}){0,7}(?:::)?(?::\d{5})?(?!\w|:[\w:])"
        r"(?:/\d{1,3}\b)?)",
    ),
    (
        "hex",
        r"\d[xX][0-9a-fA-F]+(?:\b|(?=_))|(?=[a-fA-F]*\d)(?=\d*[a-fA-F])(?:(?:[0-9a-f]{6,}|[0-9A-F]{6,})\b|[0-9a-f]{8,}(?=_))",
    ),
    ("id", r"(?=(?:[A-Za-z]*\d){3})(?=\d*[A-Za-z])[A-Za-z\d]{12,}\b"),
)
_KEEP = ("keep", r"<(?:num|hex|uuid|ip|mac|path|url|email|ts|duration|size|str|secret|user|id)>")
_AT_SIGN: tuple[tuple[str, str], ...] = (
    _KEEP,
    ("json_key", r"\"[A-Za-z_.-]+\"(?=\s?:(?!:))"),
    ("quoted", r"\"[^\s\"<]*\"|(?<![\w>])'[^\s'<]*'(?![\w<])|`[^\s`<]*`"),
    ("path", r"(?<![\w.>])(?:~|\.\.?)?(?:/[\w.@%+:~$#=?&*!-]+)+/?(?<![.:?!])|\\(?:\\?[\w.@%+~$#-]+){2,}"),
    ("ip6", r"(?<![\w.:])(?=[0-9a-fA-F:]*\d)::(?:[0-9a-fA-F]{1,4}:?){1,7}(?![\w:])"),
    # Cards and telephone numbers go by their shape alone: a checksum would tell digits apart.
    ("card", r"(?<![\w.-])\d{4}(?:[\s-]\d{4}){3}(?![\w<-])|(?<![\w.-])\d{4}[\s-]\d{6}[\s-]\d{5}(?![\w<-])"),
    (
        "phone",
        r"(?<![\w.+-])\+(?=(?:[\s./()-]{0,2}\d){8})\d{1,3}(?:[\s./-]?\(\d{1,4}\))?(?:[\s./-]?\d{1,4}){2,6}(?![\w<.:])"
        r"|(?<!\w)\(\d{3}\)\s?\d{3}[\s.-]\d{4}(?![\w<])|(?<![\w.-])\d{3}-\d{3}-\d{4}(?![\w<-])",
    ),
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
    ("glued_uuid", rf"(?<=_){_UUID}"),
    ("glued", r"(?<=_)(?:\d[xX][0-9a-fA-F]+|(?=\d+[a-f])[0-9a-f]{8,})(?![\w<])"),
    ("num", r"(?<![\w.])[-+]?\d+(?:[.,]\d+)*|\d+(?:\.\d+)*"),
)


def _any(*groups: tuple[tuple[str, str], ...]) -> str:
    return "|".join(f"(?P<{kind}>{pattern})" for group in groups for kind, pattern in group)


def _compile(at_word: str, at_sign: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![A-Za-z])(?=[A-Za-z])(?:{at_word}"
        rf"(?=[A-Za-z]++(?:[_-][A-Za-z]++){{0,2}}=)(?:{_any(_AT_KEY)})|{_any(_AT_WORD)})"
        rf"|(?<!\w)(?=[\w.+-])(?![A-Za-z]++(?:[\s,;\"')\]]|$))(?<![\w>]>)(?:{_any(_AT_TOKEN)})"
        rf"|(?![A-Za-z\s_,;)\]}}])(?:{at_sign}{_any(_AT_SIGN)})"
    )


_VALUES = _compile("", "")
_SECRETS_AT_WORD = (secrets.AT_WORD, commands.AT_WORD, tokens.AT_WORD)
_SECRETS_AT_SIGN = (secrets.AT_SIGN, commands.AT_SIGN, tokens.AT_SIGN)
_SECRET_GROUPS = (*_SECRETS_AT_WORD, *_SECRETS_AT_SIGN)
_VALUES_AND_SECRETS = _compile(f"{_any(*_SECRETS_AT_WORD)}|", f"{_any(*_SECRETS_AT_SIGN)}|")
# Most messages hold nothing like a secret. One pass of RE2 says so, for a tenth of what looking at each position
# for one costs.
_HINTS = compiled_set(["|".join((*secrets.HINTS, *commands.HINTS, *tokens.HINTS))], 64 << 20)


_DIGITS = re.compile(r"\d+")
_KEYED = frozenset(name[: -len("_key")] for name in _VALUES_AND_SECRETS.groupindex if name.endswith("_key"))
_SECRETS = [kind for group in _SECRET_GROUPS for kind, _ in group]
_PLACEHOLDER = dict.fromkeys(_SECRETS, "<secret>") | {
    "user": "<user>",
    "month": "<ts>",
    "iban": "<id>",
    "card": "<id>",
    "phone": "<id>",
    "quoted": "<str>",
    "drive": "<path>",
    "ip6": "<ip>",
    "glued": "<hex>",
    "glued_word": "<hex>",
    "glued_uuid": "<uuid>",
    "glued_word_uuid": "<uuid>",
}


def _replace(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""  # every alternative is named
    if kind in ("keep", "json_key"):
        return match[0]
    if kind == "command":
        return f"{match[0].partition(' ')[0]} <secret>"
    if kind in _KEYED:
        key = _DIGITS.sub("<num>", match[f"{kind}_key"])
        return f"{key}{_PLACEHOLDER[kind]}"
    return _PLACEHOLDER.get(kind) or f"<{kind}>"


def mask(text: str) -> str:
    """Return the template of a message: its variable parts replaced by ``<num>``, ``<ip>``, ``<path>`` ...

    Only the first `MASKED_CHARS` characters are looked at, and fewer where their template would be longer
    than that. The text is cleaned first (see `pipeline.cleaning`). White space becomes single spaces, and what
    cannot be printed ``?``: a template is one line that is safe to show.
    """
    text = " ".join(clean(text[:MASKED_CHARS]).split())
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "?" for c in text)
    variable = _VALUES_AND_SECRETS if _HINTS.Match(text.encode("utf-8", "replace")) else _VALUES
    template = variable.sub(_replace, text)
    while len(template) > MASKED_CHARS:
        text = text[: len(text) // 2].rstrip()
        template = variable.sub(_replace, text)
    return template
