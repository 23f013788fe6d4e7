"""`logsluice demo` as somebody runs it who has just installed logsluice: no broker, no settings."""

import re
import signal
import subprocess
from pathlib import Path

import httpx2
import pytest

from logsluice.cli.demo import POISON_EVERY
from tests.support.kafka_server import wait_until
from tests.support.service_process import COMMAND, clean_environment, run_command

SECONDS, RATE = 5, 200


@pytest.mark.timeout(180)
def test_the_demo_ends_with_counts_that_add_up(tmp_path: Path) -> None:
    # Settings of a real deployment do not reach the demo.
    environment = {"LOGSLUICE_BOOTSTRAP_SERVERS": "127.0.0.1:1", "LOGSLUICE_MESSAGE_FIELD": "other"}
    arguments = ("demo", "--seconds", str(SECONDS), "--rate", str(RATE))
    demo = run_command(tmp_path, environment, *arguments, timeout_s=170)
    assert demo.returncode == 0, demo.stderr
    assert "Traceback" not in demo.stderr
    printed = " ".join(demo.stdout.split())
    counts = re.search(r"(\S+) events sent = (\S+) labelled \+ (\S+) dead letters; by tier: (.+)$", printed)
    assert counts, printed
    sent, labelled, dead = (int(counts[place].replace(",", "")) for place in (1, 2, 3))
    assert sent == labelled + dead
    # Less than the rate says: the shipper rounds what is due down each time that it looks.
    assert sent > SECONDS * RATE / 2
    assert dead == sent // POISON_EVERY > 0
    tiers = {tier: int(count.replace(",", "")) for tier, count in re.findall(r"(\w+) ([\d,]*\d)", counts[4])}
    assert sum(tiers.values()) == labelled
    assert {"rules", "embedding"} <= tiers.keys()
    alerts = demo.stdout.partition("What to alert on:")[2]
    assert re.search(r"Security Alert +from [\d.]+ to [\d.]+ a second, most of it sshd:", alerts), demo.stdout
    assert 'logsluice_events_labelled_total{label="' in alerts


@pytest.mark.timeout(180)
def test_the_demo_shows_its_stream_in_a_console_until_it_is_interrupted(tmp_path: Path) -> None:
    output = tmp_path / "demo.log"
    with (
        output.open("wb") as file,
        subprocess.Popen(
            [COMMAND, "demo", "--console", "--port", "0"], env=clean_environment(), stdout=file, stderr=file
        ) as demo,
    ):
        try:
            wait_until(lambda: "The console is at" in output.read_text(), "the address is printed", 90.0)
            address = re.search(r"http://127\.0\.0\.1:\d+", output.read_text())
            assert address
            url = f"{address[0]}/v1/templates?label=Security+Alert"
            wait_until(lambda: bool(httpx2.get(url).json()["templates"]), "templates are shown", 90.0)
            demo.send_signal(signal.SIGINT)
            assert demo.wait(90) == 0, output.read_text()
        finally:
            demo.kill()
    printed = " ".join(output.read_text().split())
    counts = re.search(r"(\S+) events sent = (\S+) labelled \+ (\S+) dead letters", printed)
    assert counts, printed
    assert "Traceback" not in printed
