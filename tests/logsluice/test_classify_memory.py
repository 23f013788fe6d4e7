"""``logsluice classify`` in flat memory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Command

ROOT = Path(__file__).parents[2]
PEAKS = """
import resource
from pipeline import cascade as module
from logsluice.cli.main import main
from pipeline.memory import VerdictMemory
from tests.support.default_model import bundle, new_tier

# Loaded once: a second one would take as much again. Its caches are bounded, and here they are full from the start.
cascade = module.Cascade(bundle(), new_tier(), VerdictMemory(), max_entries=1_000)
module.load_cascade = lambda bundle: cascade
for name in ("few.csv", "few.csv", "many.csv"):
    main(["classify", name, "-o", f"out-{name}"], standalone_mode=False)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
FEW, MANY = 30_000, 300_000
GROWTH_KB = 16 << 10  # the rows added are some 20 MB as text, and several times that as objects


def write_rows(name: str, count: int) -> None:
    with Path(name).open("w", encoding="utf-8") as file:
        file.write("source,log_message\n")
        file.writelines(
            f"app-{n % 7},request {n * 2_654_435_761 % (1 << 48) | 1 << 47:012x} of user {n} took {n % 977} ms\n"
            for n in range(count)
        )


@pytest.mark.long
def test_memory_is_flat_however_many_rows_there_are(logsluice: Command) -> None:
    write_rows("few.csv", FEW)
    write_rows("many.csv", MANY)
    child = subprocess.run(
        [sys.executable, "-c", PEAKS],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    _, few, many = (int(line) for line in child.stdout.splitlines())
    assert many - few < GROWTH_KB
    with Path("out-many.csv").open("rb") as file:
        assert sum(1 for _ in file) == 1 + MANY
