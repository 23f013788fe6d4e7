"""The same job in Quix Streams, with eight regular expressions in place of all that logsluice does.

Runs in an environment of its own, for it needs another confluent-kafka; see ``make bench``.
"""

import re
import sys
import tempfile

from quixstreams import Application

RULES = [
    (re.compile(pattern, re.IGNORECASE), label)
    for pattern, label in (
        (r"failed (?:password|login)|login failed|authentication failure", "Security Alert"),
        (r"access denied|permission denied|unauthori[sz]ed", "Security Alert"),
        (r"\b(?:GET|POST|PUT|DELETE) \S+ HTTP/", "HTTP Status"),
        (r"kernel panic|out of memory|segfault", "Critical Error"),
        (r"deprecated|obsolete", "Deprecation Warning"),
        (r"(?:disk|memory|cpu) usage", "Resource Usage"),
        (r"user \S+ logged (?:in|out)", "User Action"),
        (r"started|stopped|completed", "System Notification"),
    )
]


def labelled(event: dict[str, object]) -> dict[str, object]:
    """Return an event with the label of the first rule that matches."""
    message = str(event["log_message"])
    label = next((label for expression, label in RULES if expression.search(message)), "Unclassified")
    event["classification"] = {"label": label}
    return event


def main(bootstrap_servers: str, group: str, source: str, destination: str) -> None:
    """Run until SIGTERM."""
    app = Application(
        broker_address=bootstrap_servers,
        consumer_group=group,
        auto_offset_reset="earliest",
        producer_extra_config={"compression.type": "lz4", "acks": "all"},
        auto_create_topics=False,
        state_dir=tempfile.gettempdir(),
        loglevel="ERROR",
    )
    stream = app.dataframe(app.topic(source, value_deserializer="json"))
    stream.apply(labelled).to_topic(app.topic(destination, value_serializer="json"))
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
