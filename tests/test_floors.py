"""Each room of the code stands on a floor, and imports only from the floors below. See docs/architecture.md."""

import ast
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.project import PACKAGES, ROOT, modules, name

HOUSE: tuple[frozenset[str], ...] = (
    frozenset({"core", "models"}),  # a compiled library, and data
    frozenset({"pipeline"}),
    frozenset({"files"}),
    frozenset({"training", "consumer"}),
    frozenset({"console"}),
    frozenset({"logsluice"}),
)
"""The packages, lowest floor first. Two packages on one floor do not know each other."""

CONSUMER: tuple[frozenset[str], ...] = (
    frozenset({"errors", "log", "garbage"}),  # each a leaf: they import nothing of ours
    frozenset({"records"}),
    frozenset({"llm"}),
    frozenset({"settings"}),  # it has the LLM's settings as a part
    frozenset({"telemetry"}),
    frozenset({"kafka"}),
    frozenset({"lanes"}),
    frozenset({"service", "swap"}),
)
"""The rooms of the consumer. The modules at its root share a floor as one room does."""
ROOT_MODULES = frozenset({"errors", "log", "settings", "service", "swap", "garbage"})
MOST_ENTRIES = 12

EXCEPTED: dict[tuple[str, str], str] = {}
"""Imports that run upward all the same: from a module, to a module, and why."""


def floor_of(room: str, floors: tuple[frozenset[str], ...]) -> int | None:
    """Return the floor on which a room stands, or None where nobody has given it one."""
    return next((number for number, rooms in enumerate(floors) if room in rooms), None)


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the full name of all that a source imports, wherever in it; types alone count too.

    ``from a.b import c`` is ``a.b.c``: that may be a module.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{each.name}") for each in node.names)


def upward(module: str, source: str) -> Iterator[str]:
    """Yield what is wrong with the imports of a module, in words; ``module`` is its full name."""
    package, _, rest = module.partition(".")
    for line, target in imported(source):
        if any(module.startswith(a) and target.startswith(b) for a, b in EXCEPTED):
            continue
        other, _, other_rest = target.partition(".")
        here, there = floor_of(package, HOUSE), floor_of(other, HOUSE)
        if other in ("tests", "benchmarks", "faults", "deploy"):
            yield f"{module}:{line} imports {target}, which is built on the product"
        elif there is None or here is None:
            continue
        elif other != package and there >= here:
            yield f"{module}:{line} imports {target}, and {other} is not below {package}"
        elif package == other == "consumer":
            yield from _upward_in_consumer(module, line, rest.partition(".")[0], other_rest.partition(".")[0])


def _upward_in_consumer(module: str, line: int, room: str, other: str) -> Iterator[str]:
    here, there = floor_of(room, CONSUMER), floor_of(other, CONSUMER)
    if here is None or there is None:
        return  # a room without a floor is found by its own test
    if there > here or (there == here and other != room and not {room, other} <= ROOT_MODULES):
        yield f"{module}:{line} imports consumer.{other}, and {other} is not below {room}"


def full_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_import_runs_upward() -> None:
    wrong = [each for path in modules() for each in upward(full_name(path), path.read_text(encoding="utf-8"))]
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_room_has_a_floor() -> None:
    packages = {name(path) for path in ROOT.iterdir() if (path / "__init__.py").is_file()}
    assert packages - {"tests", "benchmarks", "faults", "deploy", "models"} <= {*PACKAGES}
    rooms = {
        path.stem for path in (ROOT / "consumer").iterdir() if path.stem not in ("__init__", "__pycache__")
    }
    assert rooms - set().union(*CONSUMER) == set(), "give these a floor in CONSUMER"


def test_the_root_of_the_consumer_has_a_dozen_entries_at_most() -> None:
    entries = sorted(path.name for path in (ROOT / "consumer").iterdir() if path.name != "__pycache__")
    assert len(entries) <= MOST_ENTRIES, entries


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        ("pipeline.rules", "from consumer.log import get_logger", True),
        ("pipeline.rules", "from pipeline import masking", False),
        ("training.fit", "import consumer.errors", True),
        ("consumer.lanes.fast", "from training.rows import Row", True),
        ("consumer.lanes.fast", "from tests.support.world import World", True),
        ("consumer.records.pending", "from consumer.kafka.clients import x", True),
        ("consumer.kafka.reader", "from consumer.records.pending import x", False),
        ("consumer.kafka.reader", "def f():\n    from consumer import service", True),
        ("consumer.llm.pool", "if TYPE_CHECKING:\n    from consumer.settings import Settings", True),
        ("consumer.swap", "from consumer.service import run", False),
        ("logsluice.cli.run", "import consumer.service, training.train", False),
    ],
)
def test_an_import_that_runs_upward_is_found(module: str, source: str, wrong: bool) -> None:
    assert bool([*upward(module, dedent(source))]) is wrong
