"""What announces a secret: names of fields and words in a sentence, and how far the value after them goes.

A value is cut too late rather than too early. Between a name and its value may stand what programs put there:
quotes and prefixes of strings, brackets of lists and headers, a second field that holds the value.
"""

from pipeline.kinds import Group, any_of, keyed, secret
from pipeline.tokens import PEM

# Names, wherever they end a part of an identifier: dbPassword, DB_PASSWORD, x-auth-token. Also in the languages
# in which products are configured.
_KEYS = """api access account app auth client consumer deploy encryption gpg hmac licen[sc]e master pgp pre-?shared
    private priv secret service session shared signing sign ssh ssl storage subscription tls webhook wpa""".split()  # noqa: SIM905
_PASSWORDS = """password passwd passphrase passcode pwd passwort kennwort mot_?de_?passe wachtwoord adgangskode passord
    salasana l[oöÖ]senord jelsz[oóÓ] has[lłŁ]o heslo lozinka senha contrase[nñÑ]a parol[aăĂ]""".split()  # noqa: SIM905
_NAMES = """secret token credential creds authorization cookie jwt csrf xsrf totp psk bindpw
    session[_-]?id sess[_-]?id""".split()  # noqa: SIM905
_NAMES += [*_PASSWORDS, *(f"{key}[_-]?key" for key in _KEYS)]
_SIGNATURE = "signature"
_PHRASES = ["mot de passe", "palavra[ -]passe", "kata sandi", "m[aậẬ]t kh[aẩẨ]u", "session id"]
_PHRASES += ["one[ -]time (?:password|pin)", *(f"{key} key" for key in _KEYS)]
_FOREIGN = (
    "şifre|пароль?|κωδικός|密码|密碼|口令|パスワード|暗証番号|비밀번호|암호|סיסמה|كلمة السر|كلمة المرور"
    "|पासवर्ड|รหัสผ่าน"
)
# Short names stand alone or after an underscore and the like, for they are in other words too.
_SHORT = """pass pw psw pswd otp dbpass ldappass mailpass mypass rootpass smtppass userpass adminpass keypass
    storepass proxypass""".split()  # noqa: SIM905
_OF_DIGITS = ["pin", "puk", "cv[vc]", "ssn"]  # mostly numbers, which are masked anyway
_OF_MUCH_ELSE = ["sid", "auth", "sig"]
_CODES = "verification one-time security recovery backup activation confirmation login mfa sms invite".split()  # noqa: SIM905
_SEED = ["mnemonic", "seed phrase", "seed words", "recovery phrase"]

_END = r"(?:[\s,;)}\]]|$)"
# Names of what is known of a secret: password_file, tokenType, secretName, tokens_used. And counts of them.
_ABOUT = (
    r"(?ai:(?:e?s)?[_.-]?(?:age|algo|attempt|bucket|cache|chang|class|count|desc|dir|domain|enabl|encoder|endpoint"
    r"|err|expir|fail|field|file|filter|handler|host|invalid|iz|label|length|less|limit|manag|max|message|method|min"
    r"|mode|msg|name|param|path|polic|provider|refresh|requir|reset|retr|ring|rotat|server|service|siz|stat|store"
    r"|strength|tag|time|ttl|typ|ur[il]|usage|used|valid|version)|ar(?:y|ies)|:\s(?:opts|flags)="
    rf"|(?:s|[_-]?id)\\*[\"']?\s?[:=]\s?(?:[0-9]+|<(?:num|duration|size)>){_END})"
)
# Before a colon and a space stand names of loggers and exceptions too: fewer suffixes are taken for a secret's.
_SUFFIX = (
    rf"(?!{_ABOUT})(?:(?:(?ai:s|[_.-]?(?:[0-9]+|again|base64|b64|confirm[a-z]*|current|data|dev|enc[a-z]*|hash(?:ed)?"
    r"|id|md[0-9]|new|old|plain(?:text)?|prod[a-z]*|repeat|sha[0-9]*|stag[a-z]*|string|test|text|v[0-9]+"
    r"|val(?:ue)?))){0,3}(?![\w-])|[\w-]{1,40}+(?!\s?:\s))"
)
_ANY_NAME = (
    rf"(?:[a-zA-Z]*?{any_of(_NAMES)}{_SUFFIX}|{any_of(_PHRASES)}|{any_of(_SHORT)}[0-9]{{0,3}}(?![\w-]))"
)
_OUTCOME = (
    r"(?ai:true|false|null|none|nil|undefined|yes|no|success(?:ful)?|succeeded|fail(?:ed|ure)?|denied|granted"
    r"|enabled|disabled|required|invalid|valid|expired|missing|empty|error|rejected|accepted|unknown|pending|revoked"
    r"|incorrect|wrong|locked|changed|updated|reset|blocked)"
    r"(?:[.,;:)}\]\"']{0,3}(?:\s|$)|[,;&)}\]]{1,3}[\w\"']*[=:\"'])"
)

_SEPARATOR = (
    r"(?:(?:\\*[\"'`]|&quot;|\](?!:\s)|%[0-9][0-9dD]){0,2}\s?(?:=>|:=|==?|:|：|＝|%[0-9][dDaA]|->|→)\s?"
    # ... or the value is in a field of its own, or in the text of the element.
    r"|\\*[\"']?\s?[,;]?\s?\\*[\"']?(?ai:value|val|content)\\*[\"']?\s?[:=]\s?|[\"']\s?>|</key>\s?<string>)"
)
# A quote that is never closed belongs to a message that was cut: all of the rest may be the secret.
_QUOTED = (
    r"(?:[a-zA-Z@$]{0,2}(?:\\+\"[^\"]*+(?:\"|$)|\"(?:[^\"\\]|\\.)*+\\?(?:\"|$)|'(?:[^'\\]|\\.)*+\\?(?:'|$)"
    r"|`[^`]*+(?:`|$))|&quot;.*?(?:&quot;|$))"
)
_LIST = rf"\[\s?(?:{_QUOTED}(?:,\s?)?)+\s?\]?"
_BRACKETED = r"\[[^\[\]<\"']+\]"
_STOP = r"\s,;&\"'\]})"
_BARE = (
    rf"[^{_STOP}]+"
    # A sign that ends a value does not where text follows it at once, unless that names the next field.
    rf"(?:[,;&\"'\]}})](?=[\w!#$%*+./?@^~-])(?![\w.%-]{{1,40}}\\*[\"']?\s?[=:](?![=\s]|$))[^{_STOP}]+)*"
)
_SCHEME = (
    r"(?ai:bearer|basic|digest|token|negotiate|ntlm|api-?key|key|hmac|bot|oauth|ssws|geniekey|sharedkey)\s"
)
_VALUE = (
    rf"(?:<secret>|(?:{_SCHEME})?(?:{PEM}|{_LIST}|{_BRACKETED}|[\[(]?{_QUOTED}[^{_STOP}<]*+"
    rf"|[\[({{]?(?:{_SCHEME})?(?!<secret>|\{{?\s?[\"']){_BARE}))"
)
# After `Authorization:` any word may be a scheme, and a scheme may have parameters.
_CREDENTIALS = (
    rf"(?:<secret>|{_LIST}|{_BRACKETED}|[\[({{]?(?:{_QUOTED}|(?:{_SCHEME}|(?!{_OUTCOME})[A-Z][\w-]*\s(?![a-z]+[\s,.;:]))?"
    rf"(?!<)[^\s,;\"'\]}})]+(?:{_QUOTED})?[^\s,;\"'\]}})]*(?:[,;]\s?[\w-]+=(?:{_QUOTED}|[^\s,;\"'\]}})]+))*))"
)
_COOKIES = r"(?:<secret>|[\[({]?[^\s,;\"'\[({][^\s,;\"']*(?:;\s?[\w.-]+=[^\s;,\"'<]*)*)"

# In a sentence a value shows by what it is made of: letters with digits among them that make no other value.
_CHAR = r"[^\s\"'`<>,;()\[\]{}]"
_LIKE_TOKEN = rf"(?![/\\]|[a-zA-Z+.-]+://|[a-zA-Z_]+=)(?={_CHAR}{{0,64}}[g-zG-Z])(?={_CHAR}{{6}})"
_OTHER_VALUE = r"[0-9][xX]|[0-9]+[a-zA-Zµ]{1,7}\b|[0-9]{1,4}[-/:.]|[vV][0-9]|[a-zA-Z]+[/_-][0-9]+(?![\w-])"
_OPAQUE = rf"(?!{_OTHER_VALUE}){_LIKE_TOKEN}(?={_CHAR}{{0,64}}[0-9]){_CHAR}+"
_STRANGE = rf"{_LIKE_TOKEN}(?={_CHAR}{{0,64}}(?:[a-z][A-Z]|[!#$%^&*+~?]\w)){_CHAR}+"
_LONG = r"(?![0-9][xX])(?=[\w+/]*[g-zG-Z])[a-zA-Z0-9_+/]{16,}={0,2}(?![\w.-])"
_SIGNED = rf"(?=\\*[\"']?{_CHAR}{{12}})(?=\\*[\"']?{_CHAR}{{0,64}}[0-9])"
_SPACED = r"(?:\"[^\"<]*\s[^\"<]*\"|'[^'<]*\s[^'<]*')"
_IS = (
    r"(?:(?ai:for|of|von|de|para)(?:\s[^\s<]{1,64}){1,3}?\s)?"
    r"(?ai:(?:is|was|are)(?: now)?|will be|(?:(?:has|have|is|was) (?:now )?(?:been )?)?(?:set|changed|reset) to"
    r"|ist|lautet|est|es|é)(?:\s?:)?\s"
)
_SAID = rf"[a-zA-Z]*?{any_of(_PASSWORDS)}s?|mot de passe"
_SAID_TOO = f"[a-zA-Z]*?{any_of(['secret', 'token'])}|{any_of(_PHRASES)}"
_WORDS = r"[\w'-]{2,16}(?:\s[\w'-]{2,16}){3,24}(?![\w<])"
_PART = r"[a-zA-Z0-9]{3,12}"
_CODE = (
    rf"(?!{_OUTCOME})(?=[0-9-]*[A-Za-z])(?:[A-Z0-9]{{4,12}}|{_PART}(?:-{_PART})+)(?![\w<-])"
    rf"(?:[\s,]{{1,2}}(?:{_PART}-)+{_PART}(?![\w<-]))*"
)

_AT_WORD = (
    keyed("cookie", rf"(?ai:(?:set-)?cookies?){_SEPARATOR}(?!(?:[0-9]+|<num>){_END})", _COOKIES),
    keyed("header", rf"(?ai:(?:proxy-)?authorization){_SEPARATOR}(?!{_OUTCOME})", _CREDENTIALS),
    keyed("phrase", rf"{any_of([*_SEED, 'passphrase'])}(?:\sis\s|\s?[:=]\s?)", _WORDS),
    # PWD in capitals with a path is the working directory.
    keyed("secret", rf"(?!(?:OLD)?PWD=(?:/|<path>)){_ANY_NAME}{_SEPARATOR}(?!{_OUTCOME})", _VALUE),
    # What attacks are known by is called a signature too: there it is words.
    keyed("signature", rf"[a-zA-Z]*?{any_of([_SIGNATURE])}{_SUFFIX}{_SEPARATOR}{_SIGNED}", _VALUE),
    keyed(
        "number", rf"{any_of(_OF_DIGITS)}[0-9]?{_SEPARATOR}(?={_CHAR}{{0,64}}[a-zA-Z])(?!{_OUTCOME})", _VALUE
    ),
    keyed("weak", rf"{any_of(_OF_MUCH_ELSE)}{_SEPARATOR}(?=[\"']?(?:{_OPAQUE}|(?<!\s){_LONG}))", _VALUE),
    keyed("said", rf"(?:{_SAID})\s", rf"(?:{_IS}(?:{_OPAQUE}|{_STRANGE}|{_SPACED})|{_OPAQUE}|{_SPACED})"),
    keyed("said_too", rf"(?:{_SAID_TOO})\s", rf"(?:{_IS})?(?:{_OPAQUE})"),
    keyed("code", rf"{any_of(_CODES)}\s(?ai:codes?)(?:\s(?ai:is|was)|:)?\s", _CODE),
)
_IN_QUOTES = rf"[\"'](?:[A-Za-z0-9]+[_.:\[-])*(?:{_ANY_NAME}|{any_of(_OF_DIGITS)}[0-9]?(?![\w-]))"
_AT_SIGN = (
    keyed("element", rf"<(?!secret>)(?:[A-Za-z]+:)?{_ANY_NAME}", r"(?:\s[^<>]*)?>[^<>]+(?=</)"),
    keyed(
        "pair", r"[\"'](?ai:(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]*(?:key|token))[\"'],\s?", _QUOTED
    ),
    keyed("named", rf"{_IN_QUOTES}{_SEPARATOR}(?!{_OUTCOME})", _VALUE),
    keyed(
        "named_signature",
        rf"[\"'][A-Za-z0-9_.:-]*?{any_of([_SIGNATURE])}{_SUFFIX}{_SEPARATOR}{_SIGNED}",
        _VALUE,
    ),
    keyed("flag", rf"(?<![\w<>-])--?(?:[A-Za-z0-9]+[_-])*{_ANY_NAME}\s", _VALUE),
    keyed(
        "foreign", rf"(?i:{_FOREIGN})[\w-]{{0,40}}?\s?(?:{_SEPARATOR}|[是为為は]\s?|\s(?={_OPAQUE}))", _VALUE
    ),
)

_ALL_NAMES = (*_NAMES, _SIGNATURE, *_PHRASES, *_SEED, *_CODES, *_SHORT, *_OF_DIGITS, *_OF_MUCH_ELSE)
_ALL_SHORT = "|".join((*_SHORT, *_OF_DIGITS, *_OF_MUCH_ELSE))
ANNOUNCED = Group(
    (
        rf"(?i:{'|'.join((*_NAMES, _SIGNATURE, *_PHRASES, *_SEED, _FOREIGN))}|(?:{'|'.join(_CODES)})\scode)",
        rf"(?i:(?:^|[^A-Za-z])(?:{_ALL_SHORT})(?:[^A-Za-z]|$))",
    ),
    secret((*_AT_WORD, *_AT_SIGN)),
    _AT_WORD,
    _AT_SIGN,
    gate=rf"(?=[a-zA-Z]*?{any_of(_ALL_NAMES)})",
)
