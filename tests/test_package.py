"""The wheel and the source archive: what they hold, and that an installed wheel finds its own model."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_COPIED = shutil.ignore_patterns(".git", ".venv*", "venv", ".cache", ".*_cache", "__pycache__", "dist")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source tree as a user has it who followed README: with an environment in ``venv``."""
    tree = tmp_path_factory.mktemp("built") / "tree"
    shutil.copytree(ROOT, tree, ignore=NOT_COPIED)
    for environment in ("venv", ".venv", ".venv-bench"):
        (tree / environment / "lib").mkdir(parents=True)
        (tree / environment / "lib" / "large.so").write_bytes(b"large")
    return tree


def build(tree: Path, what: str) -> Path:
    """Build the wheel or the sdist of a tree, and return the file."""
    command = [sys.executable, "-m", "build", f"--{what}", "--no-isolation", "--outdir", str(tree / "dist")]
    subprocess.run([*command, str(tree)], check=True, capture_output=True, cwd=tree)
    (built,) = (tree / "dist").glob("*.whl" if what == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="module")
def installed(tree: Path) -> Path:
    """A folder with the wheel's content, as ``pip install --no-deps --target`` leaves it."""
    target = tree.parent / "installed"
    with zipfile.ZipFile(build(tree, "wheel")) as wheel:
        wheel.extractall(target)
    return target


def test_the_wheel_is_typed_and_has_data_and_no_environment(installed: Path) -> None:
    assert (installed / "logsluice" / "py.typed").exists()
    assert (installed / "logsluice" / "cli" / "demo_stream.yaml").exists()
    assert (installed / "models" / "__init__.py").exists()
    assert (installed / "models" / "default" / "manifest.json").exists()
    assert list((installed / "models" / "corpus").glob("*.csv"))
    assert not list(installed.rglob("large.so"))
    assert not (installed / "tests").exists()


def test_the_source_archive_has_tests_and_no_environment(tree: Path) -> None:
    with tarfile.open(build(tree, "sdist")) as archive:
        names = archive.getnames()
    assert [name for name in names if name.endswith("tests/test_package.py")]
    assert not [name for name in names if "venv" in name]


@pytest.mark.parametrize("is_package", [True, False], ids=["package", "folder"])
def test_models_of_the_user_do_not_shadow_ours(installed: Path, tmp_path: Path, is_package: bool) -> None:
    theirs = tmp_path / "models"
    theirs.mkdir()
    (theirs / "user.py").write_text("NAME = 'theirs'\n")
    if is_package:
        (theirs / "__init__.py").write_text("raise RuntimeError('theirs was imported')\n")
    (tmp_path / "in.csv").write_text("source,log_message\nsshd,Failed password for root from 203.0.113.7\n")
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(installed)!r}]; import logsluice\n"
        f"assert logsluice.__file__.startswith({str(installed)!r}), logsluice.__file__\n"
        "from training.corpus import corpus_directory\n"
        "print(len(list(corpus_directory().glob('*.csv'))))\n"
        "from logsluice.cli.main import main; main(['classify', 'in.csv'])"
    )
    ran = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    corpus_files, header, row = ran.stdout.splitlines()
    assert int(corpus_files) > 1
    assert header.startswith("source,log_message,target_label")
    assert "Security Alert" in row
