"""What looks like a secret wherever it stands: tokens of known formats, hashes of passwords, bodies of keys.

The formats are those that their issuers publish. A body is matched by its alphabet and its least length; a
digit by being one, since which digit it is must not matter.
"""

import re

from pipeline.kinds import Group, secret

_OF_ATLAS = r"[A-Za-z0-9]{14}\.atlasv[0-9]\."
# How a token starts, and what follows. Starts are in RE2's syntax too, for they are also the hints.
_TOKENS = (
    # Amazon, Alibaba, Tencent, Google, Yandex, Microsoft Entra
    (r"A(?:KI|SI|GP|ID|RO|IP|NP|NV|BI|CC)A[A-Z0-9]", r"[A-Z0-9]{11,}\w*"),
    (r"(?:LTAI|AKID)[A-Za-z0-9]{12}", r"\w*"),
    (r"AIza[\w-]", r"[\w-]{29,}"),
    (r"(?:GOCSPX|ya[0-9]{2})[.-]", r"[\w-]{20,}(?:\.[\w-]*)?"),
    (r"AQVN[\w-]", r"[\w-]{30,}"),
    (r"[\w~.-]{3}[0-9]Q~", r"[\w~.-]{28,}"),
    # GitHub, GitLab, Atlassian and Bitbucket
    (r"(?:gh[pousr]|github_pat)_", r"\w{16,}"),
    (r"gl(?:pat|ptt|dt|rt|rtr|cbt|soat|ft|agent|oas|imt|ffct|wt)-", r"[\w.-]{16,}"),
    (r"AT(?:ATT|CTT|STT|BB)[\w-]", r"[\w=-]{15,}"),
    # Registries and builds: npm, PyPI, RubyGems, Clojars, Docker, NuGet, Artifactory, Buildkite, CircleCI
    (r"(?:npm|rubygems|CLOJARS|bkua|CCIPAT|sgp|dckr_[a-z]{2,4})_", r"[\w-]{20,}"),
    (r"(?:pypi|ATTA|API|CFPAT|AVNS|NRAK|phc|phx)[_-]", r"[\w-]{20,}"),
    (r"oy[0-9][a-z0-9]{16}", r"[a-z0-9]{20,}"),
    (r"AKCp[A-Za-z0-9]{16}", r"\w*"),
    # Slack, Discord, Microsoft Teams
    (r"(?:xox[a-z][.-]|xapp-)", r"[\w.-]{8,}"),
    (r"(?:hooks\.slack\.com/|discord(?:app)?\.com/api/webhooks/|webhook\.office\.com/)", r"[\w/@.-]{8,}"),
    (r"[MNO][A-Za-z0-9_-]{21,25}\.", r"[\w-]{6}\.[\w-]{27,}"),
    # Stripe, Square, Facebook, PayPal, Plaid, Flutterwave, Shippo, EasyPost
    (r"[sprw][kh](?:_live|_test|sec)_", r"\w{10,}"),
    (r"(?:sq[0-9][a-z]{3}-|EAA[A-Za-z])", r"[\w-]{16,}"),
    (r"access_token\$", r"\w+\$\w{8,}\$\w+"),
    (r"(?:access|public|link)-(?:sandbox|development|production)-", r"[\w-]{20,}"),
    (r"FLW(?:PUB|SEC)K(?:_TEST)?-", r"[\w-]{12,}"),
    (r"(?:shippo|duffel)_(?:live|test)_", r"[\w-]{20,}"),
    (r"EZ[AT]K[A-Za-z0-9]{16}", r"\w*"),
    # Providers of language models
    (r"sk-", r"[\w-]{16,}"),
    (r"(?:gsk|hf|api_org|pcsk|lsv[0-9]_[a-z]{2}|r[0-9])_", r"[\w-]{16,}"),
    (r"(?:xai|pplx|nvapi|tvly|csk)-", r"[\w-]{20,}"),
    # SendGrid, Mailgun, Brevo, Twilio, Mailchimp
    (r"SG[._-]", r"[\w-]{20,}(?:\.[\w-]*)?"),
    (r"(?:key-|AC|SK)[0-9a-f]{16}", r"[0-9a-z]{16,}"),
    (r"x(?:key|smtp)sib-", r"[\w-]{20,}"),
    # HashiCorp, Pulumi, Doppler, Grafana, New Relic, Dynatrace, Sentry, Sonar, Tailscale, Fly, Heroku, OpenShift
    (r"hv[sbr][._-]", r"[\w-]{20,}"),
    (r"[sbr]\.[A-Za-z0-9]{24}", r"(?![\w<])"),
    (_OF_ATLAS, r"[\w-]{20,}"),
    (r"pul-", r"[0-9a-f]{20,}"),
    (r"dp\.(?:pt|st|ct|sa|scim|audit)\.", r"[\w.-]{20,}"),
    (r"gl(?:sa|c)_", r"[\w+/=-]{16,}"),
    (r"NR(?:II|JS|RA|IQ|AA|AL)-", r"[\w-]{16,}"),
    (r"dt[0-9]c[0-9]{2}\.", r"[\w.]{20,}"),
    (r"(?:sntry[su]|sq[pua])_", r"[\w+/=-]{20,}"),
    (r"(?:tskey|HRKU)-", r"[\w-]{16,}"),
    (r"(?:fo[0-9]|fm[0-9][a-z]?)_", r"[\w+/=-]{20,}"),
    (r"sha[0-9]{3}~", r"[\w-]{30,}"),
    # DigitalOcean, Databricks, Shopify, Linear, Notion, Postman, Airtable, HubSpot, Cloudflare, PlanetScale ...
    (r"(?:SG|glsa|dop_v[0-9]|shp[a-z]{2}|do[or]_v[0-9]|lin_[a-z]{3,5}|ntn|secret)_", r"\w{20,}"),
    (r"dapi[0-9a-f]{16}", r"[0-9a-f]{4,}(?:-[0-9])?"),
    (r"PMAK-", r"[\w-]{20,}"),
    (r"pat[A-Za-z0-9]{14}\.", r"\w{20,}"),
    (r"pat-[a-z]{2}[0-9]-", r"[\w-]{20,}"),
    (r"v[0-9]\.[0-9]-[0-9a-f]{20}", r"[0-9a-f]*-[\w-]{20,}"),
    (r"pscale_[a-z]{2,5}_", r"[\w.-]{20,}"),
    (r"sb(?:p|_secret)_", r"\w{20,}"),
    (r"(?:nfp|rnd|pnu|rdme|tfp|figd|vcp|sm_[a-z]at)_", r"[\w.-]{20,}"),
    (r"ops_eyJ", r"[\w=.-]{20,}"),
    (r"AGE-SECRET-KEY-[0-9]", r"[A-Z0-9]{16,}"),
    # JSON Web Tokens, PASETO
    (r"v[0-9]\.(?:local|public)\.", r"[\w.-]{20,}"),
    (r"eyJ[\w-]", r"[\w-]{7,}(?:\.[\w-]*){0,4}"),
)
_B64 = "[A-Za-z0-9+/]"
_RUNS = (rf"{_B64}{{16}}=", rf"{_B64}{{40}}")
# Bodies of keys and other long base64: how it starts (or what it is sure to hold), and all of it.
_BODIES = (
    # DER, as keys and certificates begin; PEM in base64; OpenSSH's own format
    (r"MI[IGEHC][A-Za-z]", rf"MI[IGEHC][A-Za-z]{_B64}{{20,}}={{0,2}}"),
    (r"LS[0-9]tLS[0-9]CRUdJTi", rf"LS[0-9]tLS[0-9]CRUdJTi{_B64}*={{0,2}}"),
    (r"b[0-9]BlbnNzaC", rf"b[0-9]BlbnNzaC{_B64}+={{0,2}}"),
    (
        r"(?:ssh|ecdsa-sha[0-9])-",
        r"(?:ssh-[a-z0-9]+|ecdsa-sha[0-9][\w-]+)\s[\w+/=]{16,}(?:\s[\w.-]+@[\w.-]+)?",
    ),
    (r"Private-Lines:", r"Private-Lines:.*?(?:Private-MAC:\s?\w+|$)"),
    # Base64 that is padded, or as long as a line of a PEM file, or with capitals all over
    (
        _RUNS[0],
        rf"(?=[a-z0-9+/]*[A-Z])(?=[A-Za-z+/]*[0-9])(?=[A-Z0-9+/]*[a-z]){_B64}{{16,}}={{1,2}}(?![\w<=\"'])",
    ),
    (
        _RUNS[1],
        rf"(?=(?:[a-z0-9+/]*[A-Z]){{6}})(?=[A-Za-z+/]*[0-9])(?:{_B64}{{60,}}|{_B64}{{40}})={{0,2}}(?![\w<+/=.-])",
    ),
    (
        r"[a-z]{0,3}(?:[A-Z]{1,3}[a-z]{1,3}[0-9]*){6}",
        r"[a-z]{0,3}(?:[A-Z]{1,3}[a-z]{1,3}[0-9]*){6,}[A-Za-z0-9]*(?![\w<.-])",
    ),
    # Hexadecimal numbers without a digit
    (r"(?:[a-f]{20}|[A-F]{20})", r"(?:[a-f]{20,}|[A-F]{20,})(?![\w<])"),
)
_HASH = r"\$(?:[0-9][a-z]?|y|gy|apr[0-9]|argon[0-9][a-z]{0,2}|scrypt|pbkdf[0-9][\w-]*|[PHS]|sha[0-9]+|md[0-9]|bcrypt)\$"
PEM = r"-----BEGIN[A-Z0-9 ]{0,40}-----(?:.*?(?:\s|\\n)-----END[A-Z0-9 ]{0,40}-----|.*)"

_AT_WORD = (
    ("bearer", r"(?i:bearer|basic)\s+[A-Za-z0-9+/=._~-]{16,}"),
    ("token", "(?a:" + "|".join(start + rest for start, rest in _TOKENS) + ")"),
    ("body", r"(?a:(?<![\w+/=.>-])(?:" + "|".join(body for _, body in _BODIES) + "))"),
    ("word_hash", r"(?a:(?:pbkdf[0-9]|scrypt:|bcrypt|argon[0-9])[\w:-]*\$[\w./$=,+:-]{8,})"),
)
_AT_SIGN = (
    ("hash", rf"(?a:{_HASH}[\w./$=,+:-]{{8,}}|\{{(?:[A-Z0-9]{{2,8}}|[a-z0-9]{{2,8}})\}}[\w./$=+]{{16,}})"),
    ("bot", r"(?a:(?<![\w<])(?:[0-9]{8,10}:AA|[0-9]//[0-9]|[\w~.-]{3}[0-9]Q~)[\w~-]{20,})"),
    ("key", PEM),
)
_STARTS = [start for start, _ in (*_TOKENS, *_BODIES) if start not in (_OF_ATLAS, *_RUNS)]
TOKENS = Group(
    (
        r"(?i:bearer|basic)\s",
        # What counts the characters of a run is left out here.
        rf"(?:^|[^A-Za-z])(?:{'|'.join(_STARTS)})|\.atlasv[0-9]\.",
        r"\$(?:[PHS0-9]|[a-z]{1,6}[0-9])|(?:scrypt|bcrypt|pbkdf[0-9]|argon[0-9])|\}[\w./$=+]{16}|:AA[\w-]{20}|[0-9]//[0-9][\w-]|-----BEGIN",
    ),
    secret((*_AT_WORD, *_AT_SIGN)),
    _AT_WORD,
    _AT_SIGN,
    long_hints=_RUNS,
)
_WHOLE_KEY = re.compile(f"({PEM})")
_KEY_END = re.compile(r"-----END[A-Z0-9 ]{0,40}-----")
_KEY_LINE = re.compile(r"(?!/)(?:[A-Za-z0-9+/=]|\\[nr])+")
_LINE_CHARS = 32  # lines of a key are twice as long, and the last may have any length


def without_key_end(text: str) -> str:
    """Return a text with the lines of a key replaced whose head was in an earlier record."""
    if "-----END" not in text:
        return text
    parts = _WHOLE_KEY.split(text)
    return "".join(part if place % 2 else _before_end(part) for place, part in enumerate(parts))


def _before_end(text: str) -> str:
    end = _KEY_END.search(text)
    if end is None:
        return text
    words = text[: end.start()].split(" ")
    keep = len(words)
    while keep and (not words[keep - 1] or _KEY_LINE.fullmatch(words[keep - 1])):
        if keep < len(words) - 1 and len(words[keep - 1]) < _LINE_CHARS:
            break
        keep -= 1
    if not "".join(words[keep:]):
        return text
    return " ".join([*words[:keep], "<secret> "]) + text[end.start() :]
