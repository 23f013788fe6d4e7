"""Inputs that no sender should write, from a seed: broken, odd, huge, deep, forged."""

import json
import random
import string
from collections.abc import Callable, Iterator

_DISTINCT_MESSAGES = 150
"""New templates are slow to encode: what surrounds a message varies, the messages come from a pool."""
_HUGE_BYTES = 1_200_000
_BAD_PIECES = (
    "\x1b[31m",
    "\x1b]0;owned\x07",
    "\r\nERROR forged=line",
    '\n{"event":"stopped","level":"info"}',
    "\x00",
    "\u202e",
    "\ufeff",
    "\U0001f4a5",
    "%s%n",
    "${jndi:ldap://127.0.0.1/a}",
    "' OR 1=1 --",
    "{{7*7}}",
    "\\",
    '"',
    "#{}",
    'label="x"} 1\n',
    "a" * 5_000,
    "((((" * 200,
    "\u0e01\u0e49" * 50,
    "9" * 400,
)


HostileHeaders = list[tuple[str, bytes | None]]


def hostile_keys(seed: int) -> Iterator[bytes | None]:
    """Yield keys for ever: mostly none, some odd, a few larger than any output takes."""
    draw = random.Random(seed)
    while True:
        yield draw.choice((None, None, None, b"", b"\xff\x00", "\n\u202e".encode()))
        if draw.random() < 0.001:
            yield draw.randbytes(_HUGE_BYTES)  # no compression makes it small


def hostile_headers(seed: int) -> Iterator[HostileHeaders]:
    """Yield headers for ever: mostly none, some that are named like ours, a few larger than any output takes."""
    draw = random.Random(seed)
    named = (
        "label",
        "event_id",
        "reason",
        "topic",
        "offset",
        "cut_from",
        "logsluice_pending",
        "logsluice_canary",
        "",
    )
    while True:
        yield [] if draw.random() < 0.7 else [(draw.choice(named), draw.choice((None, b"", b"\xff\n")))]
        if draw.random() < 0.001:
            yield [("trace", draw.randbytes(_HUGE_BYTES))]


def hostile_values(count: int, seed: int) -> Iterator[bytes | None]:
    """Yield so many values of records; the same seed gives the same ones."""
    draw = random.Random(seed)
    messages = [_message(draw) for _ in range(_DISTINCT_MESSAGES)]
    for number in range(count):
        if number % 2_000 == 999:
            yield _huge(draw)
        else:
            yield draw.choice(_KINDS)(draw, draw.choice(messages))


def _message(draw: random.Random) -> str:
    pieces = draw.choices((*_BAD_PIECES, "disk full", "user login", "GET /"), k=draw.randrange(1, 5))
    return " ".join(pieces) + " " + "".join(draw.choices(string.ascii_letters, k=4))


def _event(message: str, **more: object) -> bytes:
    return json.dumps({"source": "app", "log_message": message, **more}).encode()


def _random_bytes(draw: random.Random, _: str) -> bytes:
    return draw.randbytes(draw.randrange(0, 300))


def _cut_off(draw: random.Random, message: str) -> bytes:
    whole = _event(message)
    return whole[: draw.randrange(len(whole))]


def _flipped(draw: random.Random, message: str) -> bytes:
    whole = bytearray(_event("user login failed", host=draw.random()))
    for _ in range(draw.randrange(1, 4)):
        whole[draw.randrange(len(whole))] = draw.randrange(256)
    return bytes(whole)


def _deep(draw: random.Random, message: str) -> bytes:
    depth = draw.choice((10, 500, 900, 1_100, 50_000))
    opening, closing = draw.choice(((b"[", b"]"), (b'{"a":', b"}")))
    inner = opening * depth + (b"1" if opening != b"[" else b"") + closing * depth
    return _event(message)[:-1] + b',"nested":' + inner + b"}"


def _raw_control(_: random.Random, message: str) -> bytes:
    return f'{{"source":"app","log_message":"{message}"}}'.encode()


def _lone_surrogate(draw: random.Random, message: str) -> bytes:
    half = draw.choice(("\\ud800", "\\udfff", "\\ud83d\\ud83d"))
    where = draw.choice(
        ('{"log_message":"%s"}', '{"log_message":"ok","source":"%s"}', '{"log_message":"ok","other":"%s"}')
    )
    return (where % half).encode()


def _classified(draw: random.Random, message: str) -> bytes:
    names = ("classification", "classification_before", "\\u0063lassification", "Classification")
    values = ("1", "null", "{}", "[]")
    members = "".join(f'"{draw.choice(names)}":{draw.choice(values)},' for _ in range(draw.randrange(1, 6)))
    return f'{{{members}"log_message":{json.dumps(message)}}}'.encode()


def _same_names(draw: random.Random, message: str) -> bytes:
    second = draw.choice(("1", "null", '"b"'))
    return f'{{"log_message":{json.dumps(message)},"log_message":{second}}}'.encode()


def _odd_type(draw: random.Random, message: str) -> bytes:
    odd = draw.choice((None, 1, 1.5, True, [], {}, [message], {"log_message": message}, "", " "))
    return draw.choice(
        (json.dumps(odd), json.dumps({"log_message": odd}), json.dumps({"log_message": "x", "source": odd}))
    ).encode()


def _numbers(draw: random.Random, message: str) -> bytes:
    number = draw.choice(("1e400", "-0", "9" * 500, "0.1e-999", "NaN", "Infinity", "01"))
    return f'{{"log_message":{json.dumps(message)},"n":{number}}}'.encode()


def _source(draw: random.Random, message: str) -> bytes:
    return _event(message, source=draw.choice(_BAD_PIECES))


def _white(draw: random.Random, message: str) -> bytes:
    return (
        draw.choice((b" ", b"\n\t", b"\xef\xbb\xbf", b"\x00"))
        + _event(message)
        + draw.choice((b"", b" \n", b"}", b"\x00"))
    )


def _nothing(draw: random.Random, _: str) -> bytes | None:
    return draw.choice((None, b"", b"{}", b"null", b'"', b"[]"))


def _plain(_: random.Random, message: str) -> bytes:
    return _event(message)


def _huge(draw: random.Random) -> bytes:
    # No compression makes it small, so the output topic refuses it.
    size = draw.choice((900_000, 1_200_000, 3_000_000))
    return _event("huge", padding="".join(draw.choices(string.ascii_letters, k=size)))


_KINDS: tuple[Callable[[random.Random, str], bytes | None], ...] = (
    _random_bytes,
    _cut_off,
    _flipped,
    _deep,
    _raw_control,
    _lone_surrogate,
    _classified,
    _same_names,
    _odd_type,
    _numbers,
    _source,
    _white,
    _nothing,
    _plain,
)
