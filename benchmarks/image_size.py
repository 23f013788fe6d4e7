"""How large the image is: the sum of what its layers hold, step by step of the Dockerfile. It needs no engine.

``python -m benchmarks.image_size`` prints it, from what is installed in the environment for development. The size of
Python's own image, which it begins with, is assumed.
"""

import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from benchmarks.start_up import pinned, size_mb

ROOT = Path(__file__).resolve().parents[1]
ASSUMED_BASE_MB = 130.0
"""Of python:3.11-slim-bookworm, unpacked: assumed, for it is not here to be summed. All else is."""

EXTRAS = ("console", "tracing")
OWN = ("logsluice", "console", "consumer", "training", "files", "pipeline", "models")
LEFT_OUT = ("hf-xet",)
USED = """
import importlib.util, os, sys
import console.server, consumer.service, consumer.llm.pool, logsluice.cli.classify, logsluice.cli.tail
import pipeline.minilm
paths = [getattr(module, "__cached__", None) for module in list(sys.modules.values())]
print(sum(os.path.getsize(path) for path in paths if path and os.path.exists(path)))
"""


def parts_mb() -> dict[str, float]:
    """Return what the layers hold, in MB, by what puts it there."""
    used = subprocess.run([sys.executable, "-c", USED], cwd=ROOT, capture_output=True, text=True, check=True)
    own = [path for name in OWN for path in (ROOT / name).rglob("*") if "__pycache__" not in path.parts]
    base = set(pinned())
    return {
        "python:3.11-slim-bookworm (assumed)": ASSUMED_BASE_MB,
        "requirements.txt": sum(map(_kept_mb, base - set(LEFT_OUT))),
        f"extras {', '.join(EXTRAS)}": sum(map(_kept_mb, _of_extras() - base - set(LEFT_OUT))),
        "logsluice and its bundle": sum(path.stat().st_size for path in own if path.is_file()) / 1e6,
        "native core": size_mb("logsluice-core"),
        "bytecode of what is used": int(used.stdout) / 1e6,
    }


def _kept_mb(name: str) -> float:
    """Return what a distribution leaves in the image: no tests, and not the second copy of ONNX Runtime."""
    return size_mb(name, lambda path: "tests" in path.parts or path.name.startswith("libonnxruntime.so."))


def _of_extras() -> set[str]:
    """Return the distributions that the extras bring along, with what those need."""
    found: set[str] = set()
    wanted = list(_needs("logsluice", EXTRAS))
    while wanted:
        name, extras = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += _needs(name, extras)
    return found


def _needs(name: str, extras: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    try:
        requirements = [Requirement(text) for text in distribution(name).requires or []]
    except PackageNotFoundError:
        return []
    return [
        (each.name.lower().replace("_", "-"), tuple(each.extras))
        for each in requirements
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in (*extras, ""))
    ]


def main() -> None:
    """Measure and print."""
    parts = parts_mb()
    for name, size in parts.items():
        print(f"{size:7.1f} MB  {name}")
    print(f"{sum(parts.values()):7.1f} MB  the image, unpacked, if the assumption holds; the target is 450")


if __name__ == "__main__":
    main()
