"""Secrets that commands, protocols and addresses of services hold at a known place."""

from pipeline.kinds import Group, keyed, secret

_WORD = r"[^\s<]+"
_OPTIONS = rf"(?:(?!-{{1,2}}(?:p|P|w|a|c|pw|password)\b){_WORD}\s){{0,8}}?"
_LOGIN = r"(?:docker|podman|helm(?:\sregistry)?|oc|cf|az|skopeo|buildah)\slogin"
# Commands, and what follows up to the secret: options are dropped with it.
_COMMANDS = (
    keyed("mysql", r"(?:mysql|mariadb)[a-z]*\s", rf"(?:(?!-p){_WORD}\s){{0,8}}?-p{_WORD}"),
    keyed(
        "option_p",
        rf"(?:{_LOGIN}|sshpass|mongo[a-z]*|zip|unzip|rdesktop|sqlcmd|bcp)\s",
        rf"{_OPTIONS}-[pP]\s?{_WORD}",
    ),
    keyed("option_a", r"redis-cli\s", rf"{_OPTIONS}-a\s?{_WORD}"),
    keyed("option_w", r"ldap[a-z]+\s", rf"{_OPTIONS}-w\s?{_WORD}"),
    keyed("option_c", r"snmp[a-z]+\s", rf"{_OPTIONS}-[cAX]\s?{_WORD}"),
    keyed("option_pw", r"(?:plink|pscp|psftp)\s", rf"{_OPTIONS}-pw\s{_WORD}"),
    keyed("htpasswd", r"htpasswd\s", rf"-[a-zA-Z]*b[a-zA-Z]*(?:\s{_WORD}){{3}}"),
    keyed("net", r"net\s(?:use|user)\s", rf"(?!/)(?:{_WORD}\s\\\\{_WORD}|{_WORD})\s(?!/){_WORD}"),
    keyed(
        "netrc",
        r"machine\s|default\s",
        rf"(?:{_WORD}\s)?login\s{_WORD}\s(?:account\s{_WORD}\s)?password\s{_WORD}",
    ),
    keyed("openssl", r"openssl\s", rf"[^<]{{0,80}}?-pass(?:in|out)?\s{_WORD}"),
)
_STATEMENT = (
    r"(?ai:identified by|bindpw|requirepass|masterauth)\s|AUTH\s(?:PLAIN|LOGIN|CRAM-MD[0-9]|XOAUTH[0-9]?|NTLM)\s"
    r"|(?ai:smtp|imap)[a-z]*:?\s[0-9]{3}\s(?=[a-zA-Z+/]*[0-9])(?=[a-z0-9+/]*[A-Z])(?=[\w+/=]{8})"
    r"|(?<=:)IDENTIFY\s|(?:(?<=:\s)|(?<![a-z]>\s)(?<=>\s))PASS\s(?=[^\s]+$)|(?<=[cC]ommand:\s)PASS\s"
    r"|(?ai:login attempt)\s(?=\[)"
)
_SERVICE = r"(?:(?=[A-Za-z])(?![0-9a-f]+\b|sha[0-9]|latest\b)[\w.-]+)"
_SITE = r"(?:com|org|net|io|dev|app|cloud|ai|co|me|eu|us|uk|de|fr)"
_LONG_PATH = r"(?:[^\s\"'<>]*[/=])?[A-Za-z0-9_]{20,}[^\s\"'<>]*"
_AT_WORD = (
    *_COMMANDS,
    keyed("statement", _STATEMENT, r"(?:\[[^\]<]*\]|[^\s\"'<]+)"),
    # user/password@service and user:password@host
    (
        "logon",
        r"(?<![\w$#>])\w[\w$#]*/[^\s/@<>\"']+@(?=[A-Z][A-Z0-9_]+(?![\w.])|//?\w|[A-Za-z][\w.-]*:[0-9])"
        r"|(?<=thin:)\w+/[^\s/@<>]+(?=@)",
    ),
    (
        "login",
        r"(?<![\w.%+>-])(?!(?ai:sips?|user|member|mailto|acct|xmpp|principal|owner|serviceaccount):)[\w.%+-]+:"
        r"(?:[^\s:@/<>\"']+@(?:tcp|udp|unix)\("
        r"|(?=[^\s:@|]*(?:[a-z][A-Z]|[g-zG-Z][^\s:@|]*[0-9]|[0-9][^\s:@|]*[g-zG-Z]))[^\s:@/<>\"'|]{3,}@"
        rf"{_SERVICE})",
    ),
    # An address without its scheme whose path may be what grants access.
    ("link", rf"(?<![\w.@/>-])(?:[a-z0-9-]+\.)+{_SITE}/{_LONG_PATH}"),
)
_AT_SIGN = (
    keyed(
        "basic",
        r"(?<![\w<>-])(?:-u|--(?:proxy-)?user)[\s=]?[\"']?",
        r"(?=[^\s]*[A-Za-z])[^\s:\"'<]+:[^\s\"'<]+",
    ),
)

COMMANDS = Group(
    (
        r"mysql|mariadb|\slogin\s|sshpass|mongo|zip\s|rdesktop|sqlcmd|bcp|redis-cli|ldap[a-z]+\s|snmp|plink|pscp|psftp"
        r"|htpasswd|net\suse|openssl|AUTH|IDENTIFY|PASS"
        r"|(?i:identified by|bindpw|requirepass|masterauth|login attempt|smtp|imap)",
        r"[/:][^\s/:@]+@|-u|--user|--proxy-user",
        rf"\.{_SITE}/.*[A-Za-z0-9_]{{20}}",
    ),
    {**secret((*_AT_WORD, *_AT_SIGN)), "link": "<url>"},
    _AT_WORD,
    _AT_SIGN,
)
