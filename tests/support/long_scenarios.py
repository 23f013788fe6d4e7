"""A plugin of pytest: tests marked ``long`` run with ``--long`` or ``-m long``, and are counted where they do not."""

from typing import Any

import hypothesis
import pytest

_SHARE = 5
_asked_for = False


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that lets the long scenarios run."""
    parser.addoption("--long", action="store_true", help="run the long scenarios too")


LEFT_OUT = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Have a place for what is left out; with xdist each process has its own, and they all say the same."""
    global _asked_for
    config.stash[LEFT_OUT] = []
    _asked_for = config.getoption("long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long scenarios out where nobody asked for them."""
    if not config.getoption("long") and "long" not in config.getoption("markexpr"):
        long = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)
        config.stash[LEFT_OUT] += [item.nodeid for item in long]


def examples(count: int) -> hypothesis.settings:
    """Return the settings of a property that is tried so often with ``--long``, and a fifth as often without."""
    return hypothesis.settings(max_examples=scaled(count))


def scaled(count: int) -> int:
    """Return a count as it is with ``--long``, and a fifth of it without."""
    return count if _asked_for else max(1, count // _SHARE)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what this process has left out, where it is one of several."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what another process has left out."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say in a line what was left out."""
    if count := len(config.stash[LEFT_OUT]):
        said = "1 long scenario is" if count == 1 else f"{count} long scenarios are"
        terminalreporter.write_line(
            f"{said} left out: `make test-all` runs {'it' if count == 1 else 'them'} too"
        )
