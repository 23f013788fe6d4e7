"""Masking: the variable parts of a message out, its template left.

A template is what gets embedded, remembered and (as it stands) sent to an LLM, so masking serves two ends:
messages that differ only in values share one template, and no value leaves the process. What is masked stands in
several files: values here, and behind hints secrets (`pipeline.secrets`, `pipeline.commands`,
`pipeline.tokens`) and what is about persons (`pipeline.personal`).

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
from functools import cache

from pipeline.cleaning import clean
from pipeline.commands import COMMANDS
from pipeline.kinds import Kind, keyed
from pipeline.personal import PERSONAL
from pipeline.rules import compiled_set
from pipeline.secrets import ANNOUNCED
from pipeline.tokens import TOKENS, without_key_end

MASKED_CHARS = 16_384
"""Characters of a message that are looked at, and the most that a template has."""

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


# At each position the first alternative that matches wins, so the specific come before the general.
# They stand in groups by their first character, and each group behind a cheap look at what it needs, so that
# a plain word costs a few checks and the inside of a word three.
_AT_KEY: tuple[Kind, ...] = (
    keyed("user", rf"{_USER_KEY}=", r"(?:<user>|\"[^\"]*\"|'[^']*'|[^\s,;&\"'\])}]+)"),
    ("deciding", rf"{_DECIDING_KEY}=(?:\"{_WORD_OF_LETTERS}\"|'{_WORD_OF_LETTERS}')"),
)
_AT_WORD: tuple[Kind, ...] = (
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
_AT_TOKEN: tuple[Kind, ...] = (
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
_AT_SIGN: tuple[Kind, ...] = (
    _KEEP,
    (
        "deciding_json",
        rf"\"{_DECIDING_KEY}\\*\"\s?:\s?\\*\"{_WORD_OF_LETTERS}\\*\"|'{_DECIDING_KEY}'\s?:\s?'{_WORD_OF_LETTERS}'",
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


def _any(kinds: tuple[Kind, ...]) -> str:
    return "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds)


@cache
def _variable(groups: tuple[int, ...]) -> re.Pattern[str]:
    """Return the pattern of all that is masked, of values and some of the groups."""
    at_word = "".join(f"{_any(_GROUPS[place].at_word)}|" for place in groups)
    at_sign = "".join(f"{_any(_GROUPS[place].at_sign)}|" for place in groups)
    return re.compile(
        rf"(?<![A-Za-z])(?=[A-Za-z])(?:{at_word}"
        rf"(?=[A-Za-z]++(?:[_-][A-Za-z]++){{0,2}}=)(?:{_any(_AT_KEY)})|{_any(_AT_WORD)})"
        rf"|(?<!\w)(?=[\w.+-])(?![A-Za-z]++(?:[\s,;\"')\]]|$))(?<![\w>]>)(?:{_any(_AT_TOKEN)})"
        rf"|(?![A-Za-z\s_,;)\]}}])(?:{at_sign}{_any(_AT_SIGN)})"
    )


# A text has few of these, mostly none. A pass of RE2 says which, for a fraction of what trying them at each
# position costs.
_GROUPS = (ANNOUNCED, COMMANDS, TOKENS, PERSONAL)
_HINTS = compiled_set(["|".join(group.hints) for group in _GROUPS], 64 << 20)
_VALUES = _variable(())
_GROUPED = [kind for group in _GROUPS for kind in (*group.at_word, *group.at_sign)]
_KEYED = frozenset(kind for kind, pattern in (*_AT_KEY, *_GROUPED) if f"(?P<{kind}_key>" in pattern)
_DIGITS = re.compile(r"\d+")
_TOKEN = re.compile("|".join(pattern for _, pattern in TOKENS.at_word))
_PLACEHOLDER = {kind: "<secret>" for kind, _ in _GROUPED} | {
    "user": "<user>",
    "month": "<ts>",
    "person": "<str>",
    "named_person": "<str>",
    "subject": "<str>",
    "iban": "<id>",
    "card": "<id>",
    "phone": "<id>",
    "link": "<url>",
    "quoted": "<str>",
    "drive": "<path>",
    "ip6": "<ip>",
    "glued": "<hex>",
    "glued_word": "<hex>",
    "glued_uuid": "<uuid>",
    "glued_word_uuid": "<uuid>",
}
_KEPT = frozenset(("keep", "json_key", "deciding", "deciding_json", "deciding_word"))


def _replace(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""  # every alternative is named
    if kind in _KEPT:
        return match[0]
    if kind == "command":
        return f"{match[0].partition(' ')[0]} <secret>"
    placeholder = _PLACEHOLDER.get(kind) or f"<{kind}>"
    if kind not in _KEYED:
        return placeholder
    key = match[f"{kind}_key"]
    return placeholder if _TOKEN.search(key) else _DIGITS.sub("<num>", key) + placeholder


def mask(text: str) -> str:
    """Return the template of a message: its variable parts replaced by ``<num>``, ``<ip>``, ``<path>`` ...

    Only the first `MASKED_CHARS` characters are looked at, and fewer where their template would be longer
    than that. The text is cleaned first (see `pipeline.cleaning`). White space becomes single spaces, and what
    cannot be printed ``?``: a template is one line that is safe to show.
    """
    text = " ".join(clean(text[:MASKED_CHARS]).split())
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "?" for c in text)
    text = without_key_end(text)
    hinted = _HINTS.Match(text)
    variable = _variable(tuple(sorted(hinted))) if hinted else _VALUES
    template = variable.sub(_replace, text)
    while len(template) > MASKED_CHARS:
        text = text[: len(text) // 2].rstrip()
        template = variable.sub(_replace, text)
    return template
