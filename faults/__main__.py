"""``make faults``: break what can break around the service, on a real Kafka, and count what became of every event."""

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from faults.scenarios import SCENARIOS
from faults.size import FULL, QUICK
from faults.stream import Outcome
from tests.support.kafka_jars import KafkaMissingError
from tests.support.kafka_server import KafkaServer


def main() -> None:
    """Run the scenarios and print what they came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "scenarios", nargs="*", metavar="scenario", help=f"of {', '.join(SCENARIOS)}; default: all"
    )
    parser.add_argument("--quick", action="store_true", help="less of everything, in minutes")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31), help="default: a new one")
    options = parser.parse_args()
    unknown = set(options.scenarios) - SCENARIOS.keys()
    if unknown:
        parser.error(f"there is no scenario {', '.join(sorted(unknown))}, only {', '.join(SCENARIOS)}")
    console = Console(width=130)
    console.print(f"seed {options.seed}: repeat with --seed {options.seed}")
    size = QUICK if options.quick else FULL
    outcomes: list[Outcome] = []
    wrong: list[str] = []
    directory = Path(tempfile.mkdtemp(prefix="logsluice-faults-"))
    for name in options.scenarios or SCENARIOS:
        began = time.monotonic()
        try:
            with broker(directory / name) as kafka:
                outcome = SCENARIOS[name](kafka, directory / name, size, options.seed)
        except KafkaMissingError as error:
            raise SystemExit(f"nothing is proven without a real Kafka: {error}") from error
        except Exception as error:  # the others go on, and what they come to is shown
            console.print_exception()
            wrong.append(f"{name}: ended with {error!r}")
            continue
        outcomes.append(outcome)
        wrong += [f"{outcome.scenario}: {each}" for each in outcome.wrong]
        console.print(f"{outcome.scenario}: {time.monotonic() - began:.0f} s")
    console.print(table(outcomes))
    if wrong:
        raise SystemExit("\n".join([*wrong, f"what the processes wrote is in {directory}"]))
    shutil.rmtree(directory)


@contextmanager
def broker(directory: Path) -> Iterator[KafkaServer]:
    """Run a broker for one scenario: what that leaves behind, no other meets."""
    kafka = KafkaServer(directory / "kafka").start()
    try:
        yield kafka
    finally:
        kafka.stop()


def table(outcomes: list[Outcome]) -> Table:
    """Return the account of each scenario as a row."""
    columns = ("events", "labelled", "pending", "dead", "missing", "duplicated", "out_of_order")
    shown = Table("scenario", title="what became of every event", title_justify="left")
    for column in columns:
        shown.add_column(column.replace("_", " "), justify="right")
    shown.add_column("note")
    for outcome in outcomes:
        counts = (f"{getattr(outcome.account, column):,}" for column in columns)
        shown.add_row(outcome.scenario, *counts, outcome.note)
    return shown


if __name__ == "__main__":
    main()
