"""Masking: the variable parts of a message out, its template left.

A template is what gets embedded, remembered and (as it stands) sent to an LLM, so masking serves two ends:
messages that differ only in values share one template, and no value leaves the process.

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

MASKED_CHARS = 16_384
"""Characters of a message that are looked at, and the most that a template has."""

_ANNOUNCES = (
    r"(?i:[a-z]*?(?:password|passwd|passphrase|pwd|secret|token|credentials?|signature|authorization|cookie"
    r"|(?:api|access|account|encryption|master|private|secret|session|signing|storage)[_-]?key|session[_-]?id)"
    r"|pass|pw|otp)"
)
_PRIVATE_KEY = (
    r"-----BEGIN[A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:.*?(?:\s|\\n)-----END[A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----|.*)"
)
_SEPARATOR = r"\s?(?:=>|:=|==?|:)\s?"
_SCHEME = r"(?:(?i:bearer|basic|digest|token|negotiate|ntlm|api-?key|key|hmac)\s+)?"
# A quote that is never closed belongs to a message that was cut: all of the rest may be the secret.
_AFTER_IT = (
    rf"{_SCHEME}(?:<secret>|{_PRIVATE_KEY}"
    r"|(?:\\+\"[^\"]*+(?:\"|$)|\"(?:[^\"\\]|\\.)*+\\?(?:\"|$)|'(?:[^'\\]|\\.)*+\\?(?:'|$))[^\s,;&\"'\]})<]*"
    r"|[^\s,;&\"'\]})]+)"
)
_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w<])"
_USER_KEY = r"(?i:user(?:name|_?id)?|login|account|acct|logname|ruser|uname|owner|e?[ug]id)"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?(?:Z\b|UTC\b|GMT\b|[+-]\d{2}:?\d{2}\b))?"
# What a structured line decides by stands in one field, as one quoted word: `"action":"deny"`. Of such fields
# the word is kept, if it is one of letters; it has few values, and masked away nothing could tell them apart.
_DECIDING_KEY = (
    r"(?i:[a-z@._-]*(?:action|activity|alertname|apparmor|app|attack|category|cause|code|codename|command"
    r"|component|connectivity|decision|disposition|err|error|event|event_?name|kind|level|lvl|levelname|message"
    r"|method|msg|operation|op|outcome|phase|reason|response|result|sev|severity|signal|stage|state|status|success"
    r"|type|verb|verdict)|consolelogin|@l)"
)
_WORD_OF_LETTERS = r"(?!(?:sk|gh[a-z]|gsk|xox[a-z]|npm|hf|SG)[_.-])[A-Za-z][A-Za-z_.:/-]{0,31}"  # but no key
_DECIDING_WORD = (
    r"(?i:accept(?:ed)?|allow(?:ed)?|pass(?:ed)?|permit(?:ted)?|grant(?:ed)?|den(?:y|ied)|block(?:ed)?|drop(?:ped)?"
    r"|reject(?:ed)?|success(?:ful)?|succeeded|ok|fail(?:ed|ure)?|error|up|down|true|false|healthy|unhealthy)"
)


def _keyed(kind: str, key: str, value: str) -> tuple[str, str]:
    """Return an alternative that keeps its first part, as ``<kind>_key``, and loses the value after it."""
    return kind, rf"(?P<{kind}_key>{key}){value}"


# At each position the first alternative that matches wins, so the specific come before the general.
# They stand in groups by their first character, and each group behind a cheap look at what it needs, so that
# a plain word costs a few checks and the inside of a word three.
_AT_KEY: tuple[tuple[str, str], ...] = (
    _keyed(
        "cookie",
        rf"(?i:(?:set-)?cookie){_SEPARATOR}",
        r"(?:<secret>|[^\s,;\"']+(?:;\s?[\w.-]+=[^\s;,\"'<]*)*)",
    ),
    _keyed("secret", rf"{_ANNOUNCES}\\*[\"']?{_SEPARATOR}", _AFTER_IT),
    _keyed("user", rf"{_USER_KEY}=", r"(?:<user>|\"[^\"]*\"|'[^']*'|[^\s,;&\"'\])}]+)"),
    ("deciding", rf"{_DECIDING_KEY}=(?:\"{_WORD_OF_LETTERS}\"|'{_WORD_OF_LETTERS}')"),
)
_AT_WORD: tuple[tuple[str, str], ...] = (
    ("glued_word_uuid", rf"(?<=_){_UUID}"),
    ("glued_word", r"(?<=_)(?=[a-f]+\d)[0-9a-f]{8,}(?![\w<])"),
    ("bearer", r"(?i:bearer|basic)\s+[A-Za-z0-9+/=._~-]{16,}"),
    (
        "token",
        r"(?:A[KS]IA[A-Z0-9]{12,}\w*|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{8,}"
        r"|sk-[\w-]{16,}|gsk_\w{16,}|AIza[\w-]{30,}|eyJ[\w-]{8,}(?:\.[\w-]*){0,2}|[sprw][kh](?:_live|_test|sec)_\w{10,}"
        r"|(?:npm|hf|dapi|GOCSPX|shpat|hvs|ya29|SG|glsa|dop_v\d)[_.-]?[\w-]{20,}(?:\.[\w-]*)?)",
    ),
    (
        "month",
        r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s)?"
        + _MONTH
        + r"\s+\d{1,2},?\s(?:\d{4}\s)?\d{1,2}:\d{2}:\d{2}"
        r"(?:\s(?:[A-Z]{3,4}\s)?\d{4}\b)?",
    ),
    ("drive", r"[A-Za-z]:\\[\w.@%+~$#\\-]*"),
)
_AT_TOKEN: tuple[tuple[str, str], ...] = (
    ("url", r"[a-zA-Z][a-zA-Z0-9+.-]{1,15}://[^\s\"'<>]+"),
    ("email", r"(?<![.+-])[\w.+-]+@[A-Za-z\d-]+(?:\.[A-Za-z\d-]+)+"),
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
_AT_SIGN: tuple[tuple[str, str], ...] = (
    _keyed("element", rf"<(?!secret>)(?:[A-Za-z]+:)?{_ANNOUNCES}", r"(?:\s[^<>]*)?>[^<>]+(?=</)"),
    ("keep", r"<(?:num|hex|uuid|ip|mac|path|url|email|ts|duration|size|str|secret|user|id)>"),
    _keyed("named", rf"[\"'](?:[A-Za-z]+[_.-])*{_ANNOUNCES}\\*[\"']{_SEPARATOR}", _AFTER_IT),
    _keyed("flag", rf"(?<![\w<>-])--?(?:[A-Za-z]+[_-])*{_ANNOUNCES}\s", _AFTER_IT),
    (
        "deciding_json",
        rf"\"{_DECIDING_KEY}\\*\"\s?:\s?\\*\"{_WORD_OF_LETTERS}\\*\"|'{_DECIDING_KEY}'\s?:\s?'{_WORD_OF_LETTERS}'",
    ),
    ("deciding_word", rf"\"{_DECIDING_WORD}\"|(?<![\w>])'{_DECIDING_WORD}'(?![\w<])"),
    ("json_key", r"\"[A-Za-z_.-]+\"(?=\s?:(?!:))"),
    # What stands between the end of one string and the start of the next is no quoted word.
    ("quoted", r"\"(?![,:;)\]}][^\w\"<]*\")[^\s\"<]*\"|(?<![\w>])'[^\s'<]*'(?![\w<])|`[^\s`<]*`"),
    ("key", _PRIVATE_KEY),
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
    ("glued_uuid", rf"(?<=_){_UUID}"),
    ("glued", r"(?<=_)(?:\d[xX][0-9a-fA-F]+|(?=\d+[a-f])[0-9a-f]{8,})(?![\w<])"),
    ("num", r"(?<![\w.])[-+]?\d+(?:[.,]\d+)*|\d+(?:\.\d+)*"),
)


def _any(parts: tuple[tuple[str, str], ...]) -> str:
    return "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in parts)


_VARIABLE = re.compile(
    r"(?<![A-Za-z])(?=[A-Za-z])(?:"
    rf"(?=[A-Za-z]++(?:[_-][A-Za-z]++){{0,2}}\\*[\"']?\s?[=:])(?:{_any(_AT_KEY)})|{_any(_AT_WORD)})"
    rf"|(?<!\w)(?=[\w.+-])(?![A-Za-z]++(?:[\s,;\"')\]]|$))(?<![\w>]>)(?:{_any(_AT_TOKEN)})"
    rf"|(?![A-Za-z\s_,;)\]}}])(?:{_any(_AT_SIGN)})"
)
_PLACEHOLDER = {
    "bearer": "<secret>",
    "token": "<secret>",
    "key": "<secret>",
    "month": "<ts>",
    "quoted": "<str>",
    "drive": "<path>",
    "ip6": "<ip>",
    "glued": "<hex>",
    "glued_word": "<hex>",
    "glued_uuid": "<uuid>",
    "glued_word_uuid": "<uuid>",
}
_KEPT = frozenset(("keep", "json_key", "deciding", "deciding_json", "deciding_word"))
_KEYED = {
    "cookie": "<secret>",
    "secret": "<secret>",
    "element": "<secret>",
    "named": "<secret>",
    "flag": "<secret>",
    "user": "<user>",
}


def _replace(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""  # every alternative is named
    if kind in _KEPT:
        return match[0]
    if kind in _KEYED:
        return f"{match[kind + '_key']}{_KEYED[kind]}"
    return _PLACEHOLDER.get(kind) or f"<{kind}>"


def mask(text: str) -> str:
    """Return the template of a message: its variable parts replaced by ``<num>``, ``<ip>``, ``<path>`` ...

    Only the first `MASKED_CHARS` characters are looked at, and fewer where their template would be longer
    than that. White space becomes single spaces, and what cannot be printed ``?``: a template is one line
    that is safe to show.
    """
    text = " ".join(text[:MASKED_CHARS].split())
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "?" for c in text)
    template = _VARIABLE.sub(_replace, text)
    while len(template) > MASKED_CHARS:
        text = text[: len(text) // 2].rstrip()
        template = _VARIABLE.sub(_replace, text)
    return template
