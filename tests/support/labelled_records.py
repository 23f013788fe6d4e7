"""Labelled records as the service writes them, for what reads the labelled topic."""

import json

from consumer.records.labelled import Labeller
from pipeline.verdict import Verdict
from tests.support.raw_records import Raw

PARTITIONS = 2
VERDICTS = [
    Verdict("Security Alert", 1.0, "rules", "login failed", rule="logins"),
    Verdict("Critical Error", 0.8, "embedding", "disk <num> died"),
    Verdict("Unclassified", 0.4, "none", "hm", best_guess="Error"),
    Verdict("Security Alert", 0.7, "llm", "odd login"),
]
SOURCES = ["sshd", "kernel", "app", "sshd"]
_label = Labeller("default@3f9c2a1").label


def labelled(number: int, message: str = "") -> Raw:
    """Return the labelled record of an event; the events take turns through the verdicts and the partitions."""
    kind, partition = number % len(VERDICTS), number // len(VERDICTS) % PARTITIONS
    members = {"source": SOURCES[kind], "log_message": message or f"message {number}", "number": number}
    value = json.dumps(members).encode()
    value, headers = _label(value, [("theirs", b"1")], "", VERDICTS[kind], f"logs.raw-0-{number}")
    return Raw(value, headers=list(headers), partition=partition)
