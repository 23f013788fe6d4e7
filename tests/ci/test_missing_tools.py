"""What is not there may be skipped in words on a developer's machine, and fails in CI."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.kafka_jars import KafkaMissingError
from tests.support.project import ROOT
from tests.support.real_kafka import require_kafka


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with a shell and nothing else."""
    for tool in ("bash", "dirname"):
        found = shutil.which(tool)
        assert found
        (tmp_path / tool).symlink_to(found)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    return tmp_path


@pytest.mark.usefixtures("bare")
def test_without_a_jdk_a_kafka_test_is_skipped_and_says_why() -> None:
    with pytest.raises(pytest.skip.Exception, match="real Kafka is not tested: no JDK"):
        require_kafka()


@pytest.mark.usefixtures("bare")
def test_without_a_jdk_a_kafka_test_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")
    with pytest.raises(KafkaMissingError, match="no JDK"):
        require_kafka()


@pytest.mark.parametrize(("there", "missing"), [((), "java"), (("java",), "mvn")])
def test_ci_ends_at_once_without_what_the_kafka_tests_need(
    bare: Path, there: tuple[str, ...], missing: str
) -> None:
    for tool in there:
        (bare / tool).symlink_to(bare / "bash")
    ended = subprocess.run([bare / "bash", ROOT / ".ci" / "run"], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"CI needs {missing} on the PATH" in ended.stderr
    assert ended.stdout == ""
