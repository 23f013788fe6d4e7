"""``make bench-console``: requests a second, waiting time and memory of the console, with 50 users at once."""

import argparse
import csv
import subprocess
import tempfile
from pathlib import Path

from tests.console.served import Served

ROOT = Path(__file__).resolve().parents[1]
LOCUST = ROOT / ".venv-bench" / "bin" / "locust"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=50, help="users at once")
    parser.add_argument("--seconds", type=int, default=30, help="how long they send files")
    parser.add_argument("--locust", type=Path, default=LOCUST, help="the command of Locust")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Served(Path(name), {}) as served:
        directory = Path(name)
        before = served.peak_bytes
        subprocess.run(
            [
                *(options.locust, "--headless", "--only-summary", "--csv", directory / "load"),
                *("--locustfile", ROOT / "benchmarks" / "locustfile.py", "--host", served.address),
                *("--users", str(options.users), "--spawn-rate", str(options.users)),
                *("--run-time", f"{options.seconds}s"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with (directory / "load_stats.csv").open(encoding="utf-8", newline="") as file:
            found = next(row for row in csv.DictReader(file) if row["Name"] == "Aggregated")
        print(f"{options.users} users, files of 1,000 rows, {options.seconds} s")
        print(f"requests      {float(found['Requests/s']):.1f}/s, {found['Failure Count']} failed")
        print(f"waiting time  p50 {found['50%']} ms, p95 {found['95%']} ms")
        print(f"peak memory   {served.peak_bytes / 1e6:,.0f} MB, {before / 1e6:,.0f} MB before")


if __name__ == "__main__":
    main()
