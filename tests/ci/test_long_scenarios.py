"""What `make test` leaves out, it names; `make test-all` leaves out nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import ROOT

TESTS = """
import pytest

def test_short(): ...

@pytest.mark.long
def test_long(): ...
"""


@pytest.mark.parametrize(
    ("option", "passed", "left_out"),
    [("--numprocesses=1", 1, True), ("--numprocesses=0", 1, True), ("--long", 2, False)],
)
def test_long_scenarios_are_counted_where_they_do_not_run(
    tmp_path: Path, option: str, passed: int, left_out: bool
) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "test_two.py").write_text(TESTS)
    plugin = "tests.support.long_scenarios"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", plugin, option, "--rootdir", tmp_path, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert f"{passed} passed" in run.stdout
    assert ("1 long scenario is left out: `make test-all` runs it too" in run.stdout) is left_out
