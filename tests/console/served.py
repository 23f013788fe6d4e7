"""`logsluice serve` as a process of its own, and clients that do not behave."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tests.support.kafka_server import wait_until
from tests.support.service_process import COMMAND, START_PATIENCE_S, STOP_PATIENCE_S, clean_environment


class Served:
    """A console that serves as long as the context lasts."""

    def __init__(self, directory: Path, environment: dict[str, str], *arguments: str) -> None:
        self._output = directory / "serve.log"
        ours = {"LOGSLUICE_LOG_FORMAT": "json", "LOGSLUICE_CONSOLE__STORE": str(directory / "store.db")}
        with self._output.open("wb") as file:
            self._process = subprocess.Popen(
                [COMMAND, "serve", "--port", "0", *arguments],
                env=clean_environment() | ours | environment,
                cwd=directory,
                stdout=file,
                stderr=file,
            )
        self.address = ""

    def __enter__(self) -> "Served":
        wait_until(self._is_serving, f"it serves; its output is in {self._output}", START_PATIENCE_S)
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and return the exit code."""
        self._process.send_signal(number)
        return self._process.wait(STOP_PATIENCE_S)

    def connect(self) -> socket.socket:
        """Return a connection to it."""
        place = urlsplit(self.address)
        return socket.create_connection((str(place.hostname), place.port or 0), timeout=60)

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._output.read_text(encoding="utf-8")

    def log(self) -> list[dict[str, Any]]:
        """Return the lines of its log so far."""
        return [json.loads(line) for line in self.output.splitlines()]

    @property
    def peak_bytes(self) -> int:
        """The most memory that it has taken so far."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) << 10

    @property
    def open_files(self) -> int:
        """How many files it has open."""
        return len(os.listdir(f"/proc/{self._process.pid}/fd"))  # noqa: PTH208 - /proc

    def _is_serving(self) -> bool:
        assert self._process.poll() is None, self.output
        for entry in self.log():
            if entry["event"] == "serving":
                self.address = entry["address"]
        return bool(self.address)


def read_until(connection: socket.socket, end: bytes) -> bytes:
    """Return what a server sends up to some bytes, or up to the end of the connection."""
    received = b""
    while end not in received and (piece := connection.recv(1 << 16)):
        received += piece
    return received
