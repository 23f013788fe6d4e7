"""A real OpenTelemetry Collector, built with Go from its published modules, once, into ``.cache/collector``."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tests.support.debian_packages import ROOT
from tests.support.missing import skip_in_words

SOURCES = Path(__file__).parent / "otelcol"
CACHE = ROOT / ".cache" / "collector"
BUILD_S = 1500.0
"""Three minutes of a processor, and on a busy machine several times that."""


def collector() -> Path:
    """Return the program. Where it cannot be built the test is skipped in words, and fails in CI."""
    sources = sorted(SOURCES.iterdir())
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    program = CACHE / digest / "otelcol"
    if program.exists():
        return program
    if not shutil.which("go"):
        skip_in_words(
            "the real Collector is not tested: no Go: `go` is not on the PATH, and it builds the Collector"
        )
    part = program.with_name(f"otelcol.{os.getpid()}")
    program.parent.mkdir(parents=True, exist_ok=True)
    command = ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", str(part), "."]
    built = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True, timeout=BUILD_S, check=False)
    if built.returncode:
        why = built.stderr.strip()[-500:]
        skip_in_words(f"the real Collector is not tested: it cannot be built: {why}")
    part.rename(program)
    return program
