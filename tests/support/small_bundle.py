"""A bundle of three labels and fifteen templates, for tests that are about delivery and not about labels.

It is a hundredth of the built-in one in size, so that a service is ready sooner. It is trained by the command itself.
"""

import csv
import fcntl
from pathlib import Path

from click.testing import CliRunner

from logsluice.cli.main import main

ROWS = {
    "Security Alert": (
        "login failed for user root",
        "password rejected for admin",
        "unknown key refused",
        "access denied to vault",
        "account locked after failures",
    ),
    "Error": (
        "query failed with a syntax error",
        "connection reset by peer",
        "could not write block",
        "replica is out of sync",
        "disk is full",
    ),
    "User Action": (
        "user opened the report",
        "user saved the form",
        "user signed out",
        "user changed the theme",
        "user exported a table",
    ),
}


def small_bundle(directory: Path) -> Path:
    """Return the bundle in a directory that several processes share; the first that asks trains it, in seconds."""
    bundle = directory / "small"
    with (directory / "small.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not bundle.exists():
            table = directory / "small.csv"
            with table.open("w", encoding="utf-8", newline="") as file:
                rows = [(label, message) for label, messages in ROWS.items() for message in messages]
                csv.writer(file).writerows([("target_label", "log_message"), *rows])
            trained = CliRunner().invoke(main, ["train", str(table), "--output", str(bundle)])
            assert trained.exit_code == 0, trained.output
    return bundle
