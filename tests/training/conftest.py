"""What the tests of training share."""

from pathlib import Path

import pytest

from tests.conftest import invoke
from tests.support.own_rows import MEANINGS, RULES_TEXT, rows, write_csv


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of three labels, trained from a CSV file with a taxonomy and a rule."""
    directory = tmp_path_factory.mktemp("training")
    data = write_csv(directory / "mine.csv", rows()[0])
    (directory / "taxonomy.yaml").write_text("".join(f"{name}: {text}\n" for name, text in MEANINGS.items()))
    (directory / "rules.yaml").write_text(RULES_TEXT)
    options: list[str | Path] = [
        "--taxonomy",
        directory / "taxonomy.yaml",
        "--rules",
        directory / "rules.yaml",
    ]
    result = invoke("train", data, "-o", directory / "mine", *options)
    assert result.exit_code == 0, result.output
    assert f"{directory / 'mine'}: trained on 168 templates, threshold 0." in result.stdout
    assert "on what was held out: accuracy " in result.stdout
    return directory / "mine"
