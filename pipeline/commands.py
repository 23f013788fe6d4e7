"""Secrets that commands, protocols and addresses of services hold at a known place."""

from pipeline.kinds import Group, keyed

_WORD = r"[^\s<]+"
_OPTIONS = rf"(?:\s(?!-{{1,2}}(?:p|P|w|a|c|pw|password)\b){_WORD}){{0,8}}?"
_COMMAND = "|".join(
    (
        rf"(?:mysql|mariadb)[a-z]*(?:\s(?!-p){_WORD}){{0,8}}?\s-p{_WORD}",
        rf"(?:(?:docker|podman|helm(?:\sregistry)?|oc|cf|az|skopeo|buildah)\slogin|sshpass|mongo[a-z]*|zip|unzip|rdesktop|sqlcmd|bcp)"
        rf"{_OPTIONS}\s-[pP]\s?{_WORD}",
        rf"redis-cli{_OPTIONS}\s-a\s?{_WORD}|ldap[a-z]+{_OPTIONS}\s-w\s?{_WORD}|snmp[a-z]+{_OPTIONS}\s-[cAX]\s?{_WORD}",
        rf"(?:plink|pscp|psftp){_OPTIONS}\s-pw\s{_WORD}|htpasswd\s-[a-zA-Z]*b[a-zA-Z]*(?:\s{_WORD}){{3}}",
        rf"net\suse\s{_WORD}\s{_WORD}\s(?!/){_WORD}|net\suser\s(?!/){_WORD}\s(?!/){_WORD}",
        rf"(?:machine\s{_WORD}|default)\slogin\s{_WORD}\s(?:account\s{_WORD}\s)?password\s{_WORD}",
        rf"openssl[^<]{{0,80}}?\s-pass(?:in|out)?\s{_WORD}",
    )
)
_STATEMENT = (
    r"(?ai:identified by|bindpw|requirepass|masterauth)\s|AUTH\s(?:PLAIN|LOGIN|CRAM-MD[0-9]|XOAUTH[0-9]?|NTLM)\s"
    r"|(?ai:smtp|imap)[a-z]*:?\s[0-9]{3}\s(?=[a-zA-Z+/]*[0-9])(?=[a-z0-9+/]*[A-Z])(?=[\w+/=]{8})"
    r"|(?<=:)IDENTIFY\s|(?:(?<=:\s)|(?<![a-z]>\s)(?<=>\s))PASS\s(?=[^\s]+$)|(?ai:login attempt)\s(?=\[)"
)
_SERVICE = r"(?:(?=[A-Za-z])(?![0-9a-f]+\b|sha[0-9]|latest\b)[\w.-]+)"
_SITE = r"(?:com|org|net|io|dev|app|cloud|ai|co|me|eu|us|uk|de|fr)"
_LONG_PATH = r"(?:[^\s\"'<>]*[/=])?[A-Za-z0-9_]{20,}[^\s\"'<>]*"
_AT_WORD = (
    ("command", rf"(?:{_COMMAND})"),
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
        r"|(?=[^\s:@]*(?:[a-z][A-Z]|[g-zG-Z][^\s:@]*[0-9]|[0-9][^\s:@]*[g-zG-Z]))[^\s:@/<>\"']{3,}@"
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
    _AT_WORD,
    _AT_SIGN,
)
