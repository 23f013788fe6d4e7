"""The word list of the lint step finds what it should, and lets right uses stand."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import ROOT

SCRIPT = ROOT / ".ci" / "words.py"


def look(text: str, directory: Path) -> "subprocess.CompletedProcess[str]":
    """Run the script on a file with this text, in a copy of the project that has nothing else."""
    (directory / ".ci").mkdir()
    script = directory / ".ci" / "words.py"
    script.write_bytes(SCRIPT.read_bytes())
    (directory / "note.md").write_text(text, encoding="utf-8")
    return subprocess.run([sys.executable, script, "note.md"], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("the batch is taken anew", "anew"),
        ("BEGUN_ANEW = 1", "ANEW"),
        ("def send_and_bury(): ...", "bury"),
        ("once the sender is mended", "mended"),
        ("Beside the broker", "Beside"),
        ("one that stands by", "stands by"),
    ],
)
def test_a_word_of_the_list_is_found_with_its_place_and_fails(text: str, word: str, tmp_path: Path) -> None:
    looked = look(f"a line\n{text}\n", tmp_path)
    assert looked.returncode == 1
    assert looked.stdout.startswith(f"note.md:2: {word}: write ")


@pytest.mark.parametrize(
    "text",
    ["besides, recommend amendments, a toldo; buryat", "told apart <!-- words: ok -->", "renew the lease"],
)
def test_other_words_and_marked_lines_are_let_through(text: str, tmp_path: Path) -> None:
    looked = look(text, tmp_path)
    assert (looked.returncode, looked.stdout) == (0, "")
