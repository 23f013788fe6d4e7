"""Values of every kind that messages differ in: numbers, times, addresses, paths, identifiers, quoted words.

Each kind is named after its placeholder, or `PLACEHOLDERS` says which it has. Of the kinds that may start at a
position the first that matches wins, so the specific come before the general.
"""

from pipeline.kinds import Kind, any_of, keyed

_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w<])"
_USER_KEY = r"(?i:user(?:name|_?id)?|login|account|acct|logname|ruser|uname|owner|e?[ug]id)"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?(?:Z\b|UTC\b|GMT\b|[+-]\d{2}:?\d{2}\b))?"
# What a structured line decides by stands in one field, as one quoted word: `"action":"deny"`. Of such fields
# the word is kept, if it is one of letters; it has few values, and masked away nothing could tell them apart.
_DECIDING = """action activity alertname apparmor app attack category cause code codename command component connectivity
    decision disposition err error event event_?name kind level lvl levelname message method msg operation op outcome
    phase reason response result sev severity signal stage state status success type verb
    verdict consolelogin""".split()  # noqa: SIM905
_DECIDING_KEY = rf"(?:[a-zA-Z@._-]*?{any_of(_DECIDING)}|@[lL])"
_WORD_OF_LETTERS = r"(?!(?:sk|gh[a-z]|gsk|xox[a-z]|npm|hf|SG)[_.-])[A-Za-z][A-Za-z_.:/-]{0,31}"  # but no key
_DECIDING_WORD = (
    r"(?i:accept(?:ed)?|allow(?:ed)?|pass(?:ed)?|permit(?:ted)?|grant(?:ed)?|den(?:y|ied)|block(?:ed)?|drop(?:ped)?"
    r"|reject(?:ed)?|success(?:ful)?|succeeded|ok|fail(?:ed|ure)?|error|up|down|true|false|healthy|unhealthy)"
)

AT_KEY: tuple[Kind, ...] = (
    keyed("user", rf"{_USER_KEY}=", r"(?:<user>|\"[^\"]*\"|'[^']*'|[^\s,;&\"'\])}]+)"),
    ("deciding", rf"{_DECIDING_KEY}=(?:\"{_WORD_OF_LETTERS}\"|'{_WORD_OF_LETTERS}')"),
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
        r"[a-zA-Z][a-zA-Z0-9+.-]{1,15}://(?:[^\s/@:\"'<>]*:(?:[^\s/\"'<>]|['<](?=[A-Za-z0-9]))*@)?(?:[^\s\"'<>|]|\|(?![A-Za-z_]\w*=))+"
        r"|(?<![.-])www\.[\w.-]+(?::\d+)?/[^\s\"'<>]+",
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
    (
        "deciding_json",
        r"(?=[\"'][a-zA-Z@._-]+\\*[\"']\s?:)"
        rf"(?:\"{_DECIDING_KEY}\\*\"\s?:\s?\\*\"{_WORD_OF_LETTERS}\\*\"|'{_DECIDING_KEY}'\s?:\s?'{_WORD_OF_LETTERS}')",
    ),
    ("deciding_word", rf"\"{_DECIDING_WORD}\"|(?<![\w>])'{_DECIDING_WORD}'(?![\w<])"),
    ("json_key", r"\"[A-Za-z_.-]+\"(?=\s?:(?!:))"),
    # What stands between the end of one string and the start of the next is no quoted word.
    ("quoted", r"\"(?![,:;)\]}][^\w\"<]*\")[^\s\"<]*\"|(?<![\w>])'[^\s'<]*'(?![\w<])|`[^\s`<]*`"),
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
KEPT = frozenset(("keep", "json_key", "deciding", "deciding_json", "deciding_word"))
"""Kinds that stay as they are: what is masked already, names of JSON's members, and words that decide."""
