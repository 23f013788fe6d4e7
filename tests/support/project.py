"""The files of the project, as the tests of its house rules see them."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "pipeline", "files", "training", "consumer", "console", "logsluice")
"""The product's own code. Tests, benchmarks, faults and deploy are built on it, and it knows none of them."""
_MADE = {"__pycache__", "dist", "build", "target", "node_modules"}
_HIDDEN_AND_OURS = {".ci", ".github", ".devcontainer"}


def files(under: Path = ROOT) -> Iterator[Path]:
    """Yield every file of the project below a directory; what tools make or fetch is none of them."""
    for path in sorted(under.iterdir()):
        hidden = path.name.startswith(".")
        if path.is_symlink() or path.name in _MADE or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            if not hidden or path.name in _HIDDEN_AND_OURS:
                yield from files(path)
        elif path.name not in (".git", ".env"):
            yield path


def name(path: Path) -> str:
    """Return a file's or a directory's name as it is written from the root of the project."""
    return path.relative_to(ROOT).as_posix()


def modules() -> Iterator[Path]:
    """Yield every Python file of the product's own code."""
    for package in PACKAGES:
        if (ROOT / package).is_dir():
            yield from (path for path in files(ROOT / package) if path.suffix == ".py")
