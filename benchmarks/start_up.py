"""How long commands take to start, how much memory the service then has, and how large the installation is."""

import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import msgspec

from benchmarks.throughput import LOGSLUICE, stop
from tests.support.kafka_server import KafkaServer, free_port, wait_until

PINS = Path(__file__).resolve().parents[1] / "requirements.txt"
TEN_LINES = "".join(f"disk sd{letter} could not be read at sector 4711\n" for letter in "abcdefghij")


class StartUp(msgspec.Struct, frozen=True):
    """Seconds until /readyz answers 200, and resident memory in MB at that time."""

    ready_s: float
    resident_mb: float


def command_s(*arguments: str) -> float:
    """Return the seconds that a command takes which is given ten lines: the median of five runs."""
    taken = []
    for _ in range(5):
        begin = time.perf_counter()
        subprocess.run(
            [LOGSLUICE.command[0], *arguments], input=TEN_LINES, text=True, capture_output=True, check=True
        )
        taken.append(time.perf_counter() - begin)
    return sorted(taken)[len(taken) // 2]


def installed_mb() -> float:
    """Return the size of what the base installation consists of, in MB, without bytecode."""
    return sum(size_mb(name) for name in pinned())


def pinned() -> list[str]:
    """Return the names of the distributions of the base installation."""
    return re.findall(r"^([\w.-]+)==", PINS.read_text(encoding="utf-8"), re.MULTILINE)


def size_mb(name: str, left_out: Callable[[Path], bool] = lambda _: False) -> float:
    """Return the size of an installed distribution in MB, without bytecode; 0 where it is for another system."""
    try:
        parts = files(name) or []
    except PackageNotFoundError:
        return 0.0
    paths = [Path(str(part.locate())) for part in parts if part.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.is_file() and not left_out(path)) / 1e6


def measure(server: KafkaServer) -> StartUp:
    """Start the service once against a running broker."""
    server.create_topics("start.in", "start.out", "start.dead", "start.verdicts")
    port = free_port()
    environment = {
        **LOGSLUICE.environment,
        "LOGSLUICE_BOOTSTRAP_SERVERS": server.bootstrap_servers,
        "LOGSLUICE_GROUP_ID": "start",
        "LOGSLUICE_INPUT_TOPIC": "start.in",
        "LOGSLUICE_OUTPUT_TOPIC": "start.out",
        "LOGSLUICE_DEAD_LETTER_TOPIC": "start.dead",
        "LOGSLUICE_VERDICTS_TOPIC": "start.verdicts",
        "LOGSLUICE_HTTP_PORT": str(port),
    }
    begin = time.perf_counter()
    process = subprocess.Popen(LOGSLUICE.command, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _ready(port), "the service is ready", 120)
        return StartUp(time.perf_counter() - begin, _resident_mb(process.pid))
    finally:
        stop(process)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
