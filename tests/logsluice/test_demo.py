"""`logsluice demo` as somebody runs it who has just installed logsluice: no broker, no settings."""

import re
from pathlib import Path

import pytest

from logsluice.cli.demo import POISON_EVERY
from tests.support.service_process import run_command

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
