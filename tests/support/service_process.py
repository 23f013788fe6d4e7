"""`logsluice run` as a process of its own: started, asked over HTTP, stopped, its logs and exit code read."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.support.kafka_server import KafkaServer, free_port, wait_until

START_PATIENCE_S = 90.0
STOP_PATIENCE_S = 60.0
SCRAPE_EVERY_S = 0.25
PYTHON = Path(sys.executable)
COMMAND = PYTHON.with_name("logsluice")
PATIENT_GROUP = {"LOGSLUICE_KAFKA": '{"session.timeout.ms": 60000}'}
"""For tests that count events twice published: a machine too busy for heartbeats must not look like a dead member."""


class ServiceProcess:
    """A service that runs as long as the context lasts, and is killed where a test has not stopped it."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self.port = free_port()
        self._url = f"http://127.0.0.1:{self.port}"
        self._output = directory / f"logsluice-{self.port}.log"
        ours = {"LOGSLUICE_HTTP_PORT": str(self.port), "LOGSLUICE_LOG_FORMAT": "json"}
        with self._output.open("wb") as file:
            self._process = subprocess.Popen(
                [COMMAND, "run"],
                env=clean_environment() | ours | environment,
                cwd=directory,
                stdout=file,
                stderr=file,
            )

    def __enter__(self) -> "ServiceProcess":
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def readiness(self) -> tuple[int, dict[str, Any]]:
        """Return the status and the answer of /readyz; status 0 where nobody listens yet."""
        assert self._process.poll() is None, self.output
        try:
            with urllib.request.urlopen(f"{self._url}/readyz", timeout=10) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except OSError:
            return 0, {}

    def wait_until_ready(self) -> "ServiceProcess":
        """Return when /readyz answers 200."""
        wait_until(
            lambda: self.readiness()[0] == 200,
            f"the service is ready; its output is in {self._output}",
            START_PATIENCE_S,
        )
        return self

    def send(self, number: signal.Signals) -> None:
        """Send a signal, and go on."""
        self._process.send_signal(number)

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def wait(self) -> int:
        """Return the exit code of a process that ends by itself, or was asked to."""
        return self._process.wait(STOP_PATIENCE_S)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.send(number)
        return self.wait()

    def series(self, name: str) -> dict[tuple[str, ...], float]:
        """Return the series of a metric: the values of its labels, in the order of the labels' names, to its value."""
        assert self._process.poll() is None, self.output
        with urllib.request.urlopen(f"{self._url}/metrics", timeout=30) as response:
            text = response.read().decode()
        return {
            tuple(value for _, value in sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name
        }

    def total(self, name: str) -> int:
        """Return the sum of the series of a metric."""
        return int(sum(self.series(name).values()))

    def wait_until_total(self, name: str, least: int, timeout_s: float = 60.0) -> None:
        """Return when the series of a metric sum up to so much. Asks seldom: answering costs the service time."""
        what = f"{name} is {least}; the output of the service is in {self._output}"
        wait_until(lambda: self.total(name) >= least, what, timeout_s, SCRAPE_EVERY_S)

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._output.read_text(encoding="utf-8")

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return its log entries of a kind, so far."""
        entries = [json.loads(line) for line in self.output.splitlines() if line.startswith("{")]
        return [entry for entry in entries if entry["event"] == event]


def committed(kafka: KafkaServer, group: str, topic: str, stable: bool = True) -> dict[int, int]:
    """Return how many records of each partition a group has committed, 0 where none; see `KafkaServer.committed`."""
    found = kafka.committed(group, topic, stable)
    return {partition: max(offset, 0) for partition, offset in found.items()}


def wait_until_worked_through(kafka: KafkaServer, group: str, topic: str, timeout_s: float = 90.0) -> None:
    """Return when a group has committed all that a topic holds. Offsets are committed last, after all is published."""
    wait_until(
        lambda: committed(kafka, group, topic) == kafka.end_offsets(topic),
        f"{group} has committed all of {topic}",
        timeout_s,
    )


def run_command(
    directory: Path, environment: dict[str, str], *arguments: str, timeout_s: float = START_PATIENCE_S
) -> "subprocess.CompletedProcess[str]":
    """Run a command that ends by itself, and return its exit code and what it printed."""
    return subprocess.run(
        [COMMAND, *arguments],
        env=clean_environment() | environment,
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def clean_environment() -> dict[str, str]:
    """Return the environment of this process without settings of ours."""
    # A developer's own settings are not the test's.
    ours = ("LOGSLUICE_", "GROQ_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    # A broker, a test and several services share the cores: threads that wait for one make encoding far slower.
    return inherited | {"OMP_NUM_THREADS": "1"}
