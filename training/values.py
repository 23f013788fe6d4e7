"""The values that make messages of templates: what a placeholder in braces is filled with."""

import re
from collections.abc import Callable, Sequence
from random import Random

PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


def expand(template: str, random: Random) -> str:
    """Return a message: each placeholder of the template filled with a realistic value of its kind."""
    return PLACEHOLDER.sub(lambda match: _FILL[match[1]](random), template)


def settle(template: str, random: Random) -> str:
    """Return a template as one running system would have it: names filled in, the range of values chosen."""

    def settled(match: re.Match[str]) -> str:
        if match[1] in _SHAPES:
            return random.choice(_SHAPES[match[1]])
        return _VALUES[match[1]](random) if match[1] in _SETTLED else match[0]

    return PLACEHOLDER.sub(settled, template)


def _one_of(values: Sequence[str]) -> Callable[[Random], str]:
    return lambda random: random.choice(values)


def _int(random: Random) -> str:
    return str(random.choice((random.randrange(10), random.randrange(1_000), random.randrange(1, 1 << 31))))


def _hex(random: Random) -> str:
    prefix = random.choice(("0x", "0x", ""))
    return f"{prefix}{random.getrandbits(random.choice((32, 48, 64))) | 0xA0000001:x}"


def _uuid(random: Random) -> str:
    digits = f"{random.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _ip(random: Random) -> str:
    if random.random() < 0.1:
        first, second, third = (random.randrange(1, end) for end in (1 << 16, 10_000, 99))
        return f"fe80::{first:x}:{second:04d}:{third}"
    return f"{random.choice((10, 172, 192, 203))}.{'.'.join(str(random.randrange(1, 255)) for _ in range(3))}"


def _mac(random: Random) -> str:
    return ":".join(f"{random.randrange(256):02x}" for _ in range(6))


def _port(random: Random) -> str:
    return str(random.choice((22, 80, 443, 5432, 8080, 9092, random.randrange(1_024, 65_536))))


_WORDS = ("orders", "billing", "metrics", "session", "cache", "index", "report", "frontend", "worker",
          "audit", "sync")  # fmt: skip
_NAMES = ("alice", "bob", "deploy", "j.meyer", "svc_backup", "admin", "root", "nagios", "maria", "u10423",
          "build")  # fmt: skip
_HOSTS = ("db", "web", "node", "app", "kafka", "edge", "cache", "build")


def _host(random: Random) -> str:
    host = f"{random.choice(_HOSTS)}-{random.randrange(1, 200):02d}"
    if random.random() < 0.4:
        host += f".{random.choice(('example.com', 'internal', 'prod.example.net'))}"
    return host


def _path(random: Random) -> str:
    root = random.choice(("/var/lib", "/opt", "/srv/data", "/home/deploy", "/usr/share", "/mnt/vol1"))
    directory, name = random.choice(_WORDS), random.choice(_WORDS)
    return f"{root}/{directory}/{name}{random.choice(('', '.log', '.db', '.conf', '-7'))}"


def _job(random: Random) -> str:
    return f"{random.choice(('nightly', 'import', 'etl', 'cleanup'))}-{random.randrange(1, 9_999)}"


def _url(random: Random) -> str:
    return f"https://{_host(random)}/{random.choice(_WORDS)}/{random.randrange(10_000)}"


def _id(random: Random) -> str:
    kind = random.randrange(4)
    if kind == 0:
        prefix = random.choice(("job", "blk", "req", "txn", "vol", "task"))
        return f"{prefix}_{random.randrange(10**6, 10**9)}"
    if kind == 1:
        return f"{random.choice(('ORD', 'INC', 'R', 'TKT'))}-{random.randrange(100, 10**5)}"
    if kind == 2:
        return str(random.randrange(1_000, 10**7))
    return f"{random.getrandbits(48) | 0xA00000000001:012x}"


def _duration(random: Random) -> str:
    return random.choice(
        (f"{random.randrange(1, 5_000)}ms", f"{random.randrange(1, 90)}s", f"{random.uniform(0, 60):.3f}s",
         f"{random.randrange(2, 60)} seconds", f"{random.randrange(2, 60)} ms",
         f"{random.randrange(2, 30)} minutes")
    )  # fmt: skip


def _size(random: Random) -> str:
    return random.choice(
        (f"{random.randrange(1, 900)} MB", f"{random.uniform(1, 64):.1f} GB", f"{random.randrange(1, 900)}KB",
         f"{random.randrange(1 << 30)} bytes", f"{random.randrange(1, 64)}GiB",
         f"{random.randrange(1, 900)}K")
    )  # fmt: skip


def _ts(random: Random) -> str:
    day = f"2025-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d}"
    clock = f"{random.randrange(24):02d}:{random.randrange(60):02d}:{random.randrange(60):02d}"
    precise = f"{day} {clock},{random.randrange(1_000):03d}"
    return random.choice((f"{day}T{clock}Z", f"{day} {clock}", clock, precise))


def _version(random: Random) -> str:
    parts = [str(random.randrange(1, 20)) for _ in range(random.choice((2, 3, 3, 4)))]
    return f"{random.choice(('', '', 'v'))}{'.'.join(parts)}"


_CLASSES = ("OrderService", "com.example.billing.InvoiceWriter", "SessionManager",
            "org.example.net.ChannelPool", "BlockScanner", "io.example.queue.Dispatcher", "TaskRunner",
            "DisplayController")  # fmt: skip
_METHODS = ("handleRequest", "flushBuffers", "doFilter", "onReceive", "process_batch", "run", "getConnection",
            "parse")  # fmt: skip
_EXCEPTIONS = ("java.io.IOException", "java.lang.NullPointerException", "TimeoutError",
               "SocketTimeoutException", "java.lang.IllegalStateException", "ConnectionResetError",
               "RuntimeException", "KeyError")  # fmt: skip
_SERVICES = ("billing-api", "nginx", "auth", "payment-gateway", "search", "inventory.service", "crond")
_TABLES = ("orders", "public.users", "events_2025", "sessions", "dbo.Invoices", "inventory_items")
_FILES = ("config.yaml", "orders_export.csv", "server.xml", "main.c", "handler.go", "report.pdf", "app.py")
_DEVICES = ("sda", "nvme0n1", "eth0", "dm-3", "/dev/sdb1", "usb 1-1.4", "md0", "enp3s0", "ttyS0", "GPU0")

_VALUES: dict[str, Callable[[Random], str]] = {
    "int": _int,
    "float": lambda random: f"{random.uniform(0, 1_000):.{random.choice((1, 2, 3, 6))}f}",
    "pct": lambda random: random.choice((f"{random.randrange(101)}%", f"{random.uniform(0, 100):.1f}%")),
    "hex": _hex,
    "uuid": _uuid,
    "ip": _ip,
    "port": _port,
    "host": _host,
    "path": _path,
    "url": _url,
    "user": _one_of(_NAMES),
    "email": lambda random: f"{random.choice(_NAMES)}@{random.choice(('example.com', 'example.org'))}",
    "id": _id,
    "pid": lambda random: str(random.randrange(100, 65_536)),
    "duration": _duration,
    "size": _size,
    "ts": _ts,
    "version": _version,
    "class": _one_of(_CLASSES),
    "method": _one_of(_METHODS),
    "exception": _one_of(_EXCEPTIONS),
    "device": _one_of(_DEVICES),
    "service": _one_of(_SERVICES),
    "job": _job,
    "queue": lambda random: f"{random.choice(_WORDS)}.{random.choice(('in', 'retry', 'dlq', 'events'))}",
    "table": _one_of(_TABLES),
    "topic": lambda random: f"{random.choice(_WORDS)}-{random.choice(('events', 'updates', 'raw'))}",
    "container": lambda random: f"{random.choice(_WORDS)}-{random.getrandbits(40) | 0xA000000001:010x}",
    "session": lambda random: f"0x{random.getrandbits(60) | 0x1000000000000000:x}",
    "mac": _mac,
    "code": lambda random: random.choice((str(random.randrange(1, 600)), f"E{random.randrange(100, 9_999)}")),
    "country": _one_of(("DE", "Brazil", "US", "Japan", "FR", "Kenya", "India")),
    "file": _one_of(_FILES),
}
# What `settle` leaves to `expand`, apart from the placeholders of the corpus.
_PARTS: dict[str, Callable[[Random], str]] = {
    "digit": lambda random: str(random.randrange(10)),
    "two": lambda random: f"{random.randrange(60):02d}",
    "count": lambda random: str(random.randrange(1_000)),
    "number": lambda random: str(random.randrange(10**6, 10**9)),
    "octet": lambda random: str(random.randrange(1, 255)),
    "group": lambda random: f"{random.randrange(1 << 16):x}",
}
_FILL = _VALUES | _PARTS
KINDS = frozenset(_VALUES)
"""The placeholders that a template of the corpus may have."""
# Each place of a template has its own kind and range of values ...
_SHAPES = {
    "int": ("{digit}", "{count}", "{number}"),
    "float": ("{count}.{digit}", "{digit}.{two}"),
    "pct": ("{two}%", "{two}.{digit}%"),
    "size": ("{count} MB", "{two}.{digit} GB", "{number} bytes", "{count}K"),
    "duration": ("{count}ms", "{two}s", "{digit}.{two}s", "{count} ms", "{two} seconds"),
    "ts": ("2025-03-{two}T{two}:{two}:{two}Z", "2025-03-{two} {two}:{two}:{two}", "{two}:{two}:{two}"),
    "ip": ("10.{octet}.{octet}.7", "192.168.{octet}.{octet}", "203.0.113.{octet}", "fe80::{group}:{octet}"),
    "path": (
        "/var/lib/orders/{pid}.db",
        "/srv/data/{number}/part-{two}",
        "/opt/app/logs/run_{pid}.log",
        "/tmp/{hex}",  # noqa: S108 - a text, not a file
    ),
    "url": ("https://api.example.com/orders/{number}", "http://web-{two}.internal:8080/index/{uuid}"),
    "id": ("job_{pid}", "blk_{number}", "ORD-{pid}", "{pid}", "{hex}", "req-{uuid}"),
    "user": ("u{pid}", "svc{two}"),
    "host": ("db-{two}", "web-{two}.example.com", "node{octet}", "kafka-{digit}.internal", "{ip}"),
    "container": ("frontend-{hex}", "worker-{hex}", "billing-{pid}"),
    "job": ("nightly-{pid}", "import-{pid}", "etl-{uuid}"),
}
# ... and a running system has a few classes, tables and queues.
_SETTLED = frozenset(
    ("class", "method", "exception", "service", "table", "queue", "topic", "file", "country", "device",
     "version", "code")
)  # fmt: skip
