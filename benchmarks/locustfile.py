"""What a user of the load test does: he sends a file of 1,000 rows, and waits for it to come back labelled.

``python -m benchmarks.console_load`` runs it against a console of its own; against another:
``locust -f benchmarks/locustfile.py --host http://127.0.0.1:8080``.
"""

import random

from locust import HttpUser, constant, task

ROWS = 1_000
_KINDS = (
    "sshd,Failed password for invalid user u{0} from 203.0.113.9 port {1} ssh2",
    "web,User u{0} logged in from 192.0.2.{0}",
    "nginx,GET /cart/{1} HTTP/1.1 200 {0}",
    "orders,Order {1} stuck in state AWAITING_STOCK: approval step {0} timed out",
    "node,disk usage of /var/lib/postgres at {0} percent of {1} GB",
)


def content(seed: int) -> bytes:
    """Return a CSV file; each seed gives other numbers in it."""
    numbers = random.Random(seed)
    rows = (
        numbers.choice(_KINDS).format(numbers.randrange(256), numbers.randrange(100_000)) for _ in range(ROWS)
    )
    return "\n".join(("source,log_message", *rows, "")).encode()


class Sender(HttpUser):  # type: ignore[misc]  # Locust is in an environment of its own
    """Sends one file after the other."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """Make a file of his own."""
        self.content = content(id(self))

    @task  # type: ignore[untyped-decorator]
    def classify(self) -> None:
        """Send it; what does not come back whole is a failure."""
        files = {"file": ("app.csv", self.content, "text/csv")}
        with self.client.post("/classify", files=files, catch_response=True) as answer:
            if answer.text.count("\n") != ROWS + 1:
                answer.failure(f"{answer.status_code}, {len(answer.text)} characters")
