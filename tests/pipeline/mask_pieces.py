"""What is hard to tell apart in a log, side by side: hypothesis glues these together in any order."""

import re

from hypothesis import strategies as st

A16 = "A" * 16
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
HEAD, FOOT = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"

# fmt: off
PIECES = [
    *"""password dbPassword token secret user uid Authorization Cookie api_key Bearer = : => -> " '
    ` \\ \\" / // :// @ . - -- _ , ; & ( ) [ ] { } < > </ ! ? # % ~ * + | $ <num> <secret> <str>
    <user num> <password> </password> 1 42 0 0x1f 9x12 3GB 12:00:01 2024-01-02 Mon 10.0.0.1 ::1
    fe80::1 aa:bb:cc:dd:ee:ff a:b:c:d:e:f:a:b deadbeef cafe e1 deadbeef-dead-beef-dead-beefdeadbeef
    /usr/bin C:\\ a@b.c http x ms A1b2C3d4E5f6G é ٣ ²""".split(),  # noqa: SIM905
    *(" ", ": ", "5 ms", "Jan 5 10:11:12", HEAD, FOOT, f"AKIA{A16}", "ghp_" + A16, JWT),
    *("\x00", "\x1b[31m", "\ud800", "\u2028", "\n", "\t", "\x85", "\u200b"),
]
MORE_PIECES = [
    *"""passphrase pin sid auth sig csrf пароль 密码 contraseña tokens _hash _id _file 2 value name b' N' is was true
    failed, Digest Basic Foo username= [' ", "' &quot; %3D %22 CN= AA PASS IDENTIFY login -p -u mysql docker machine
    scott/ tcp( hunter2x Ab1Cd2Ef3 MyLdapSecret a1-b2 KX7Q legal winner thank year $2b$ $6$ {SSHA} MIIEpA LS0tLS1CRUdJTi
    xoxb- sk- EAAC 4111 1111 DE89 NWBK +49 (0)30 555-867-5309 www. 1.5 .5 1: 1- :1 ^[[ #033[ m""".split(),  # noqa: SIM905
    *("verification code ", "mot de passe", "session id ", "set to ", "for x ", '"a b"', "'a b'", "seed phrase: "),
    *("4111 1111 1111 1111", "+49 (0)30 901820", "GB29 NWBK 6016 1331 9268 19", "aB3+/" * 8, "AbCdE" * 5, "abcdef" * 4),
    *("\r", "\x08", "\x1b", "\x9b1m", "\x1b]8;;", "\x07", "\x1b[2K", "\x1b[1A", "10%", "\u200d", "\ufe0f", " value: "),
]
# fmt: on
texts = st.lists(st.sampled_from(PIECES + MORE_PIECES) | st.characters(), max_size=12).map("".join)
spaced = st.lists(st.sampled_from(PIECES + MORE_PIECES), max_size=12).map(" ".join)


def digits_zeroed(text: str) -> str:
    """Return a text with each of the digits 1 to 9 as 0."""
    return re.sub("[1-9]", "0", text)
