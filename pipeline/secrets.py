"""What announces a secret: names of fields and words in a sentence, and how far the value after them goes.

A value is cut too late rather than too early. Between a name and its value may stand what programs put there:
quotes and prefixes of strings, brackets of lists and headers, a second field that holds the value.
"""

from pipeline.tokens import PEM

# Names, wherever they end a part of an identifier: dbPassword, DB_PASSWORD, x-auth-token. Also in the languages
# in which products are configured.
_NAMES = (
    r"password|passwd|passphrase|passcode|pwd|secret|token|credential|creds|signature|authorization|cookie|jwt"
    r"|[cx]srf|totp|psk|sess(?:ion)?[_-]?id|bindpw|passwort|kennwort|mot_?de_?passe|wachtwoord|adgangskode|passord"
    r"|salasana|l[oöÖ]senord|jelsz[oóÓ]|has[lłŁ]o|heslo|lozinka|senha|contrase[nñÑ]a|parol[aăĂ]"
    r"|(?:api|app|access|account|auth|client|consumer|deploy|encryption|gpg|hmac|licen[sc]e|master|pgp|pre-?shared"
    r"|priv(?:ate)?|secret|service|session|shared|sign(?:ing)?|ssh|ssl|storage|subscription|tls|webhook|wpa)[_-]?key"
)
_PHRASES = (
    r"mot de passe|palavra[ -]passe|kata sandi|m[aậẬ]t kh[aẩẨ]u|session id|one[ -]time (?:password|pin)"
    r"|(?:api|access|account|client|encryption|licen[sc]e|master|private|secret|session|shared|signing|ssh"
    r"|subscription|webhook) key"
)
_FOREIGN = (
    r"şifre|пароль?|κωδικός|密码|密碼|口令|パスワード|暗証番号|비밀번호|암호|סיסמה|كلمة السر|كلمة المرور|पासवर्ड|รหัสผ่าน"
)
# Short names stand alone or after an underscore and the like, for they are in other words too.
_SHORT = (
    r"(?:db|ldap|mail|my|root|smtp|user|admin|key|store|proxy)?pass|pw|psw|pswd|otp|pin|puk|cv[vc]|ssn|sid|mfa|auth|sig"
)
_CODES = (
    r"(?:verification|one-time|security|recovery|backup|activation|confirmation|login|[0-9]fa|mfa|sms|invite) codes?"
)
# Names of what is known of a secret: password_file, tokenType, secretName, tokens_used.
_ABOUT = (
    r"(?ai:(?:e?s)?[_.-]?(?:age|attempt|bucket|cache|chang|class|count|dir|domain|enabl|encoder|endpoint|err|expir"
    r"|fail|field|file|filter|handler|host|invalid|iz|length|less|limit|manag|max|min|mode|name|param|path|polic"
    r"|provider|refresh|requir|reset|retr|ring|rotat|server|service|siz|stat|store|strength|time|ttl|typ|ur[il]"
    r"|usage|used|valid|version)|ar(?:y|ies)|s\\*[\"']?\s?[:=]\s?(?:[0-9]+|<(?:num|duration|size)>)(?:[\s,;)}\]]|$))"
)
_SUFFIX = rf"(?!{_ABOUT})[\w-]{{0,40}}+"
_ANY_NAME = rf"(?:[a-zA-Z]*?(?ai:{_NAMES}){_SUFFIX}|(?ai:{_PHRASES})|(?ai:{_SHORT})[0-9]{{0,3}}(?![\w-]))"
_OUTCOME = (
    r"(?ai:true|false|null|none|nil|undefined|yes|no|success(?:ful)?|succeeded|fail(?:ed|ure)?|denied|granted"
    r"|enabled|disabled|required|invalid|valid|expired|missing|empty|error|rejected|accepted|unknown|pending|revoked"
    r"|incorrect|wrong|locked|changed|updated|reset|blocked)"
    r"(?:[.,;:)}\]\"']{0,3}(?:\s|$)|[,;&)}\]]{1,3}[\w\"']*[=:\"'])"
)

_SEPARATOR = (
    r"(?:(?:\\*[\"'`]|&quot;|\]|%[0-9][0-9dD]){0,2}\s?(?:=>|:=|==?|:|：|%[0-9][dDaA]|->|→)\s?"
    # ... or the value is in a field of its own, or in the text of the element.
    r"|\\*[\"']?\s?[,;]?\s?\\*[\"']?(?ai:value|val|content)\\*[\"']?\s?[:=]\s?|[\"']\s?>|</key>\s?<string>)"
)
# A quote that is never closed belongs to a message that was cut: all of the rest may be the secret.
QUOTED = (
    r"(?:[a-zA-Z@$]{0,2}(?:\\+\"[^\"]*+(?:\"|$)|\"(?:[^\"\\]|\\.)*+\\?(?:\"|$)|'(?:[^'\\]|\\.)*+\\?(?:'|$)"
    r"|`[^`]*+(?:`|$))|&quot;.*?(?:&quot;|$))"
)
_LIST = rf"\[\s?(?:{QUOTED}(?:,\s?)?)+\s?\]?"
_STOP = r"\s,;&\"'\]})"
_BARE = (
    rf"[^{_STOP}]+"
    # A sign that ends a value does not where text follows it at once, unless that names the next field.
    rf"(?:[,;&\"'\]}})](?=[\w!#$%*+./?@^~-])(?![\w.%-]{{1,40}}\\*[\"']?\s?[=:](?![=\s]|$))[^{_STOP}]+)*"
)
_SCHEME = r"(?ai:bearer|basic|digest|token|negotiate|ntlm|api-?key|key|hmac|bot|oauth|ssws|geniekey|sharedkey)\s"
_VALUE = (
    rf"(?:<secret>|(?:{_SCHEME})?(?:{PEM}|{_LIST}|[\[({{]?{QUOTED}[^{_STOP}<]*+|[\[({{]?(?:{_SCHEME})?{_BARE}))"
)
# After `Authorization:` any word may be a scheme, and a scheme may have parameters.
_CREDENTIALS = (
    rf"(?:<secret>|{_LIST}|[\[({{]?(?:{QUOTED}|(?:{_SCHEME}|(?!{_OUTCOME})[A-Z][\w-]*\s(?![a-z]+[\s,.;:]))?"
    rf"(?!<)[^\s,;\"'\]}})]+(?:{QUOTED})?[^\s,;\"'\]}})]*(?:[,;]\s?[\w-]+=(?:{QUOTED}|[^\s,;\"'\]}})]+))*))"
)
_COOKIES = r"(?:<secret>|[\[({]?[^\s,;\"'\[({][^\s,;\"']*(?:;\s?[\w.-]+=[^\s;,\"'<]*)*)"

# In a sentence a value shows by what it is made of: letters with digits among them that make no other value.
_TOKEN = r"[^\s\"'`<>,;()\[\]{}]"
_LIKE_TOKEN = rf"(?![/\\]|[a-zA-Z+.-]+://)(?={_TOKEN}*[g-zG-Z])(?={_TOKEN}{{6}})"
_OPAQUE = (
    rf"(?![0-9][xX]|[0-9]+[a-zA-Zµ]{{1,7}}\b|[0-9]{{1,4}}[-/:.]|[vV][0-9]){_LIKE_TOKEN}(?={_TOKEN}*[0-9]){_TOKEN}+"
)
_STRANGE = rf"{_LIKE_TOKEN}(?={_TOKEN}*(?:[a-z][A-Z]|[!#$%^&*+~?]\w)){_TOKEN}+"
_SPACED = r"(?:\"[^\"<]*\s[^\"<]*\"|'[^'<]*\s[^'<]*')"
_IS = (
    r"\s(?:(?ai:for|of|von|de|para)\s[^\s<]{1,64}\s(?:[^\s<]{1,64}\s)?)?"
    r"(?ai:is|was|are|will be|(?:(?:has|have) been )?(?:set|changed|reset) to|ist|lautet|est|es|é)(?:\s?:)?\s"
)
_SAID = r"[a-zA-Z]*?(?ai:password|passwd|passphrase|passcode|passwort|kennwort|pwd)s?"
_SAID_TOO = rf"[a-zA-Z]*?(?ai:secret|token)|(?ai:{_PHRASES})"
_WORDS = r"[a-z]{2,12}(?:\s[a-z]{2,12}){3,24}(?![\w<])"
_GROUP = r"[a-zA-Z0-9]{3,6}"
_CODE = (
    rf"(?!{_OUTCOME})(?=[0-9-]*[A-Za-z])(?:[A-Z0-9]{{4,12}}|{_GROUP}(?:-{_GROUP})+)(?![\w<-])"
    rf"(?:[\s,]{{1,2}}(?:{_GROUP}-)+{_GROUP}(?![\w<-]))*"
)


def keyed(kind: str, key: str, value: str) -> tuple[str, str]:
    """Return an alternative that keeps its first part, as ``<kind>_key``, and loses the value after it."""
    return kind, rf"(?P<{kind}_key>{key}){value}"


AT_WORD = (
    keyed("cookie", rf"(?ai:(?:set-)?cookies?){_SEPARATOR}", _COOKIES),
    keyed("header", rf"(?ai:(?:proxy-)?authorization){_SEPARATOR}", _CREDENTIALS),
    keyed("phrase", r"(?ai:mnemonic|seed (?:phrase|words)|recovery phrase|passphrase)(?:\sis\s|\s?[:=]\s?)", _WORDS),
    keyed("secret", rf"{_ANY_NAME}{_SEPARATOR}(?!{_OUTCOME})", _VALUE),
    keyed("said", rf"(?:{_SAID})(?![\w<])", rf"(?:{_IS}(?:{_OPAQUE}|{_STRANGE}|{_SPACED})|\s(?:{_OPAQUE}|{_SPACED}))"),
    keyed("said_too", rf"(?:{_SAID_TOO})(?![\w<])", rf"(?:{_IS}(?:{_OPAQUE}|{_SPACED})|\s{_OPAQUE})"),
    keyed("code", rf"(?ai:{_CODES})(?:\s(?ai:is|was)|:)?\s", _CODE),
)
"""Kinds and their patterns, where a word starts with a letter of ASCII."""

_IN_QUOTES = rf"[\"'](?:[A-Za-z0-9]+[_.:\[-])*{_ANY_NAME}"
AT_SIGN = (
    keyed("element", rf"<(?!secret>)(?:[A-Za-z]+:)?{_ANY_NAME}", r"(?:\s[^<>]*)?>[^<>]+(?=</)"),
    keyed("pair", r"[\"'](?ai:(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]*(?:key|token))[\"'],\s?", QUOTED),
    keyed("named", rf"{_IN_QUOTES}{_SEPARATOR}", _VALUE),
    keyed("flag", rf"(?<![\w<>-])--?(?:[A-Za-z0-9]+[_-])*{_ANY_NAME}\s", _VALUE),
    keyed("foreign", rf"(?i:{_FOREIGN})[\w-]{{0,40}}?\s?(?:{_SEPARATOR}|[是为為は]\s?|(?={_OPAQUE}))", _VALUE),
)
"""Kinds and their patterns, elsewhere."""

HINTS = (
    rf"(?i:{_NAMES}|{_PHRASES}|{_FOREIGN}|{_CODES}|mnemonic|seed (?:phrase|words)|recovery phrase)",
    rf"(?i:(?:^|[^A-Za-z])(?:{_SHORT})(?:[^A-Za-z]|$))",
)
"""RE2 patterns: a text that has none of them holds nothing that the patterns above would find."""
