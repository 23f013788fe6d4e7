"""Values of every kind that messages differ in: numbers, times, addresses, paths, identifiers, quoted words.

Each kind is named after its placeholder, or `PLACEHOLDERS` says which it has. Of the kinds that may start at a
position the first that matches wins, so the specific come before the general.
"""

from pipeline.kinds import Kind, keyed

_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w<])"
_USER_KEY = r"(?i:user(?:name|_?id)?|login|account|acct|logname|ruser|uname|owner|e?[ug]id)"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?(?:Z\b|UTC\b|GMT\b|[+-]\d{2}:?\d{2}\b))?"


AT_KEY: tuple[Kind, ...] = (
    keyed("user", rf"{_USER_KEY}=", r"(?:<user>|\"[^\"]*\"|'[^']*'|[^\s,;&\"'\])}]+)"),
)
AT_WORD: tuple[Kind, ...] = (
    ("glued_word_uuid", rf"(?<=_){_UUID}"),
    ("glued_word", r"(?<=_)(?=[a-f]+\d)[0-9a-f]{8,}(?![\w<])"),
    (
        "month",
        r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s)?"
        + _MONTH
        + r"\s+\d{1,2},?\s(?:\d{4}\s)?\d{1,2}:\d{2}:\d{2}"
        r"(?:\s(?:[A-Z]{3,4}\s)?\d{4}\b)?",
    ),
    ("drive", r"[A-Za-z]:\\[\w.@%+~$#\\-]*(?:\s[\w.@%+~$#-]+\\[\w.@%+~$#\\-]*)*"),
)
AT_TOKEN: tuple[Kind, ...] = (
    (
        "url",
        r"[a-zA-Z][a-zA-Z0-9+.-]{1,15}://(?:[^\s/@:\"'<>]*:(?:[^\s/\"'<>]|['<](?=[A-Za-z0-9]))*@)?[^\s\"'<>]+"
        r"|www\.[^\s\"'<>]+",
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
AT_SIGN: tuple[Kind, ...] = (
    _KEEP,
    ("json_key", r"\"[A-Za-z_.-]+\"(?=\s?:(?!:))"),
    ("quoted", r"\"[^\s\"<]*\"|(?<![\w>])'[^\s'<]*'(?![\w<])|`[^\s`<]*`"),
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

PLACEHOLDERS = {
    "month": "<ts>",
    "quoted": "<str>",
    "drive": "<path>",
    "ip6": "<ip>",
    "glued": "<hex>",
    "glued_word": "<hex>",
    "glued_uuid": "<uuid>",
    "glued_word_uuid": "<uuid>",
}
KEPT = ("keep", "json_key")
"""Kinds that stay as they are: what is masked already, and the names of JSON's members."""
