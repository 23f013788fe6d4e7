"""The notebooks in ``docs/`` run from the first cell to the last, in the order in which a reader would."""

import json
import os
import shlex
from pathlib import Path
from typing import Any

import jupytext
import pytest

from pipeline.bundle import read_bundle
from tests.conftest import Command

DOCS = Path(__file__).parents[2] / "docs"
SHELL = "%%bash\n"


def code_cells(notebook: str) -> list[str]:
    cells = [cell for cell in jupytext.read(DOCS / notebook).cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
    return [cell.source for cell in cells]


def run(cell: str, names: dict[str, Any], logsluice: Command) -> None:
    if cell.startswith(SHELL):
        for line in cell.removeprefix(SHELL).splitlines():
            program, *arguments = shlex.split(line)
            assert program == "logsluice"
            done = logsluice(*arguments)
            assert done.exit_code == 0, done.stderr
    else:
        exec(compile(cell, "a cell", "exec"), names)


@pytest.mark.long
def test_the_notebook_trains_and_judges_a_bundle(
    logsluice: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {}
    cells = code_cells("train_your_own.md")
    assert sum(cell.startswith(SHELL) for cell in cells) == 3
    for cell in cells:
        run(cell, names, logsluice)
    assert set(read_bundle(tmp_path / "warehouse").manifest.labels) == {"Stock", "Conveyor", "Climate"}
    assert (tmp_path / "report.html").exists()
    report = json.loads((tmp_path / "report.json").read_text())
    assert f"{len(names['held_back'])} of them held back" in capsys.readouterr().out
    assert report["templates"] == len(names["held_back"])
    compared = json.loads((tmp_path / "compared.json").read_text())
    assert compared["grouped_by"] == "source"


@pytest.mark.long
def test_the_notebook_learns_from_corrections(
    logsluice: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {}
    cells = code_cells("learn_from_corrections.md")
    assert sum(cell.startswith(SHELL) for cell in cells) == 5
    try:
        for cell in cells:
            run(cell, names, logsluice)
    finally:
        os.environ.pop("LOGSLUICE_BOOTSTRAP_SERVERS", None)
    assert len((tmp_path / "corrections.csv").read_text().splitlines()) == 1 + len(names["corrected"]) == 101
    assert read_bundle(tmp_path / "live").digest == read_bundle(tmp_path / "ropeway").digest
    comparison = json.loads((tmp_path / "after.json").read_text())["comparison"]
    assert comparison["outcome"] == "better"
    assert comparison["published"]["support"] == len(names["others"])
    assert "points" in capsys.readouterr().out
