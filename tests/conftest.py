"""Fixtures that several tests share: the brokers, and the command line."""

import gc
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog
from click.testing import CliRunner, Result
from xdist.scheduler import LoadScopeScheduling

from logsluice.cli.main import main
from tests.support.kafka_server import KafkaServer
from tests.support.real_kafka import running_kafka
from tests.support.small_bundle import small_bundle

# Several tests, brokers and services run at once: threads that wait for a core only get in the way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("logsluice", deadline=None)
hypothesis.settings.load_profile("logsluice")


pytest_plugins = ["tests.support.long_scenarios"]


SHARING = ("tests/deploy", "tests/console/pages")


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps in one process what shares a fixture: a file, or the files of a directory of `SHARING`."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)


def together(nodeid: str) -> str:
    """Return the name of those tests that a test stays with."""
    file = nodeid.partition("::")[0]
    return next((each for each in SHARING if file.startswith(f"{each}/")), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Have xdist spread the tests so."""
    return Together(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what has the shared broker, so that ``-m kafka`` selects it."""
    if "kafka" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.kafka)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort tests: faults, then what needs a broker, then the rest, so that no process ends with a long one."""
    groups = defaultdict[str, list[pytest.Item]](list)
    for item in items:
        groups[together(item.nodeid)].append(item)

    def place(group: str) -> int:
        if group.startswith("tests/faults/"):
            return 0
        return 1 if any(item.get_closest_marker("kafka") for item in groups[group]) else 2

    items[:] = [item for group in sorted(groups, key=place) for item in groups[group]]


def pytest_collection_finish() -> None:
    """Have the garbage collector look no more at what was imported and collected: it stays until the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """A real Kafka for the whole run. Where there is none a test is skipped in words; in CI that is a failure."""
    yield from running_kafka(tmp_path_factory.mktemp("kafka"))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small bundle, trained once for the whole run, of which each process of pytest-xdist has a directory."""
    own = tmp_path_factory.getbasetemp()
    return small_bundle(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


Command = Callable[..., Result]
"""Takes the arguments of ``logsluice``, each a string or a path."""


@pytest.fixture
def logsluice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Command]:
    """The command line in this process, in an empty directory and without the settings of this machine."""
    for name in os.environ:
        if name.upper().startswith(("LOGSLUICE_", "GROQ_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    yield invoke
    structlog.reset_defaults()


def invoke(*arguments: str | Path) -> Result:
    """Run a command in this process; it ends by returning or by an exit code, never by an exception."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="logsluice")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
