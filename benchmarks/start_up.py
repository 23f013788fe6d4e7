"""How long a process takes from its start to being ready, and how much memory it then has."""

import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import msgspec

from benchmarks.throughput import LOGSLUICE, stop
from tests.support.kafka_server import KafkaServer, free_port, wait_until


class StartUp(msgspec.Struct, frozen=True):
    """Seconds until /readyz answers 200, and resident memory in MB at that time."""

    ready_s: float
    resident_mb: float


def measure(server: KafkaServer) -> StartUp:
    """Start the service once against a running broker."""
    server.create_topics("start.in", "start.out")
    port = free_port()
    environment = {
        **LOGSLUICE.environment,
        "LOGSLUICE_BOOTSTRAP_SERVERS": server.bootstrap_servers,
        "LOGSLUICE_GROUP_ID": "start",
        "LOGSLUICE_INPUT_TOPIC": "start.in",
        "LOGSLUICE_OUTPUT_TOPIC": "start.out",
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
