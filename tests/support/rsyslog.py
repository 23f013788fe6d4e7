"""How rsyslog is started, installed or only unpacked."""

import os
import subprocess
from pathlib import Path

from tests.support.debian_packages import CACHE, environment

PACKAGES = ("rsyslog", "rsyslog-kafka", "librdkafka1", "libestr0", "libfastjson4", "liblognorm5")


def command(rsyslogd: Path, configuration: Path) -> list[str]:
    """Return the command that runs it in the foreground with a configuration."""
    started = [str(rsyslogd), "-n", "-i", "NONE", "-f", str(configuration)]
    if rsyslogd.is_relative_to(CACHE):
        [modules] = CACHE.glob("usr/lib/*/rsyslog")
        started += ["-M", str(modules)]
    return started


def complaint(rsyslogd: Path, configuration: Path, variables: dict[str, str] | None = None) -> str:
    """Return what it has against a configuration, with variables of its own; empty where it accepts it."""
    checked = subprocess.run(
        [*command(rsyslogd, configuration), "-N1"],
        env=os.environ | environment(rsyslogd) | (variables or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    return checked.stderr if checked.returncode else ""
