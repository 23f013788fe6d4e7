"""Secrets that commands, protocols and addresses of services hold at a known place."""

_WORD = r"[^\s<]+"
_OPTIONS = rf"(?:\s(?!-{{1,2}}(?:p|P|w|a|c|pw|password)\b){_WORD}){{0,8}}?"
_COMMAND = "|".join(
    (
        rf"(?:mysql|mariadb)[a-z]*(?:\s(?!-p){_WORD}){{0,8}}?\s-p{_WORD}",
        rf"(?:(?:docker|podman|helm|oc|cf|az|skopeo|buildah)\slogin|sshpass|mongo[a-z]*|zip|unzip|rdesktop|sqlcmd|bcp)"
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
    r"|(?<=:)IDENTIFY\s|(?<=[:>]\s)PASS\s(?=[^\s]+$)|(?ai:login attempt)\s(?=\[)"
)

AT_WORD = (
    ("command", rf"(?:{_COMMAND})"),
    ("statement", rf"(?P<statement_key>{_STATEMENT})(?:\[[^\]<]*\]|[^\s\"'<]+)"),
    # user/password@service and user:password@host
    (
        "logon",
        r"(?<![\w$#])\w[\w$#]*/[^\s/@<>\"']+@(?:(?=[A-Z][A-Z0-9_]+\b|//?\w|[A-Za-z][\w.-]*:[0-9]))|(?<=thin:)\w+/[^\s/@<>]+(?=@)",
    ),
    (
        "login",
        r"(?<![\w.%+-])[\w.%+-]+:[^\s:@/<>\"']{3,}@(?:(?:tcp|udp|unix)\(|(?=[A-Za-z])(?![0-9a-f]+\b|sha[0-9]|latest\b)[\w.-]+)",
    ),
)
"""Kinds and their patterns, where a word starts with a letter of ASCII."""

AT_SIGN = (
    (
        "basic",
        r"(?P<basic_key>(?<![\w<>-])(?:-u|--(?:proxy-)?user)[\s=]?[\"']?)(?=[^\s]*[A-Za-z])[^\s:\"'<]+:[^\s\"'<]+",
    ),
)
"""Kinds and their patterns, elsewhere."""

HINTS = (
    r"mysql|mariadb|\slogin\s|sshpass|mongo|zip\s|rdesktop|sqlcmd|bcp|redis-cli|ldap[a-z]+\s|snmp|plink|pscp|psftp"
    r"|htpasswd|net\suse|openssl|(?i:identified by|bindpw|requirepass|masterauth|login attempt)|AUTH|IDENTIFY|PASS",
    r"[/:][^\s/:@]+@|-u|--user|--proxy-user",
)
"""RE2 patterns: a text that has none of them holds nothing that the patterns above would find."""
