"""A user's own CSV of 2,000 synthetic lines of nine labels: how long it takes to train, and how good that is.

``python -m benchmarks.own_csv``. A quarter of the templates is held back: nothing is judged by what it was trained on.
"""

import csv
import itertools
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from pipeline.masking import mask

LINES = 2_000
HELD_BACK = 0.25
# label: (what it is about, what became of it); every pair is a template, and numbers are ever new.
PHRASES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "HTTP Status": (
        (
            "GET /v1/orders/{n}",
            "POST /v2/carts",
            "PUT /users/{n}/address",
            "DELETE /v1/sessions/{n}",
            "HEAD /health",
        ),
        (
            "HTTP/1.1 status: 200 len: {n}",
            "HTTP/1.1 404 in {n} ms",
            "returned 503 after {n} ms",
            "-> 301 ({n} bytes)",
        ),
    ),
    "Security Alert": (
        (
            "account admin",
            "address 10.0.3.{n}",
            "user u{n}",
            "the service key of node {n}",
            "a client without a certificate",
        ),
        (
            "failed to log in {n} times, possible brute force attack",
            "tried to escalate privileges without permission",
            "was blocked for suspicious access to protected data",
            "bypassed the security policy, unauthorized access suspected",
        ),
    ),
    "Critical Error": (
        (
            "RAID array {n}",
            "the boot volume of node {n}",
            "kernel of host {n}",
            "database cluster {n}",
            "core switch {n}",
        ),
        (
            "has failed, data is lost",
            "crashed and does not come up again",
            "is corrupt beyond repair, total outage",
            "panicked: unrecoverable hardware fault",
        ),
    ),
    "Error": (
        ("module X{n}", "shipment process {n}", "the parser of feed {n}", "replica {n}", "printer queue {n}"),
        (
            "failed to read its input",
            "could not complete the operation",
            "returned an unexpected value and gave up",
            "was refused a connection and stopped trying",
        ),
    ),
    "Resource Usage": (
        (
            "memory of instance {n}",
            "disk /dev/sd{n}",
            "CPU of node {n}",
            "heap of worker {n}",
            "connection pool {n}",
        ),
        (
            "is at {n} percent of its capacity",
            "usage: {n} MB used, {n} MB free",
            "total allocated {n} MB, limit {n} MB",
            "utilisation rose to {n} % over the last {n} minutes",
        ),
    ),
    "User Action": (
        ("user u{n}", "account id {n}", "operator op{n}", "customer {n}", "member m{n}"),
        ("logged in", "logged out", "changed the profile picture", "uploaded a document and shared it"),
    ),
    "Workflow Error": (
        (
            "case {n}",
            "approval of request {n}",
            "lead {n}",
            "escalation rule for ticket {n}",
            "task assignment {n}",
        ),
        (
            "was not routed to any agent, the workflow stalled",
            "could not be moved to its next step: no approver is assigned",
            "was left without an owner, the workflow cannot continue",
            "failed validation of the workflow: a required field has no value",
        ),
    ),
    "Deprecation Warning": (
        (
            "the API v{n}",
            "option legacy-{n}",
            "module report{n}",
            "the function export_{n}",
            "protocol version {n}",
        ),
        (
            "is deprecated and will be removed in version {n}",
            "is obsolete, please migrate to its successor",
            "will no longer be supported after release {n}",
            "is deprecated; use the new one instead",
        ),
    ),
    "System Notification": (
        (
            "backup {n}",
            "scheduled maintenance of host {n}",
            "file sync {n}",
            "system update {n}",
            "rotation of log {n}",
        ),
        ("started", "completed successfully", "is scheduled for tonight", "finished in {n} seconds"),
    ),
}
SOURCES = ("ModernCRM", "BillingSystem", "AnalyticsEngine", "ThirdPartyAPI", "ModernHR")


def lines(seed: int = 1) -> list[tuple[str, str, str]]:
    """Return rows of (source, log_message, target_label), every label as often as every other."""
    draw = random.Random(seed)
    of_label = {
        label: itertools.cycle(draw.sample(pairs := list(itertools.product(*parts)), len(pairs)))
        for label, parts in PHRASES.items()
    }
    rows = []
    for _, label in zip(range(LINES), itertools.cycle(PHRASES), strict=False):
        message = " ".join(next(of_label[label]))
        while "{n}" in message:
            message = message.replace("{n}", str(draw.randrange(1, 250)), 1)
        rows.append((draw.choice(SOURCES), message, label))
    return rows


def main() -> None:
    """Train, judge and print."""
    rows = lines()
    templates = sorted({mask(message) for _, message, _ in rows})
    held_back = set(random.Random(2).sample(templates, round(len(templates) * HELD_BACK)))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for file, is_held_back in (("training.csv", False), ("held_back.csv", True)):
            with (directory / file).open("w", newline="", encoding="utf-8") as output:
                chosen = [row for row in rows if (mask(row[1]) in held_back) == is_held_back]
                csv.writer(output).writerows([("source", "log_message", "target_label"), *chosen])
        logsluice = str(Path(sys.executable).with_name("logsluice"))
        began = time.monotonic()
        train = [logsluice, "train", "training.csv", "--output", "own"]
        subprocess.run(train, cwd=directory, check=True, capture_output=True)
        seconds = time.monotonic() - began
        judge = [logsluice, "evaluate", "held_back.csv", "--bundle", "own", "--json", "report.json"]
        subprocess.run(judge, cwd=directory, check=True, capture_output=True)
        report = msgspec.json.decode((directory / "report.json").read_bytes())
    print(f"{len(rows):,} lines of {len(templates)} templates, {len(held_back)} of them held back")
    print(f"trained in {seconds:.0f} s")
    found = report["evaluation"]["by_template"]["model"]
    print(
        f"accuracy {found['accuracy']:.3f}; answered {found['answered']:.0%}, right of those {found['precision']:.3f}"
    )


if __name__ == "__main__":
    main()
