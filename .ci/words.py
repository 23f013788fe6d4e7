"""Look for words that this project does not use: archaic ones, and metaphors for plain steps.

``python .ci/words.py [FILE ...]`` looks at the files named, or at all of the project. Exits with 1 where it finds some.
A line that uses such a word rightly says so in a comment: ``words: ok``.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parent.parent
INSTEAD = {
    r"anew": "again, or a new ...",
    r"beside": "next to, with, in addition to",
    r"told": "asked, notified, or name who says what",
    r"mend(s|ed|ing)?": "fix",
    r"bur(y|ies|ied|ying)": "dead-letter, hide",
    r"whence|whither|hither|thither": "where ... from, where ... to",
    r"(stand|stands|stood|standing) by": "wait, keep",
    r"behold(s|en)?": "see",
    r"lest": "so that ... not",
    r"hitherto|heretofore": "so far",
    r"henceforth|forthwith": "from now on, at once",
    r"thereof|therein|whereof|wherein|whereupon|thereupon": "of it, in which",
    r"nought|naught|aught": "nothing",
    r"perforce|betwixt|verily|ere|whilst|amongst": "plain English",
    r"save for": "except for",
}
"""What is not used, as a regular expression of whole words, and what to write."""
RIGHT = {
    ".ci/words.py": "names them",
    "tests/ci/test_words.py": "names them",
    "LICENSE": "is the licence's own text",
    "models/*": "is data: log lines as systems write them",
    "requirements.txt": "is generated",
    "requirements-dev.txt": "is generated",
    "*/requirements.txt": "is generated",
    "deploy/grafana/dashboards/*": "is generated from code that is looked at",
    "*.lock": "is generated",
    "*.svg": "is no text",
}
"""Files that are not looked at, and why: each ..."""
MARKER = "words: ok"
# An underscore ends a word too: names in the code are looked at as prose is.
_PATTERN = re.compile(rf"(?<![a-z])(?:{'|'.join(f'(?:{word})' for word in INSTEAD)})(?![a-z])", re.IGNORECASE)


def wrong(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line number of each such word in a text, the word, and what to write instead."""
    for number, line in enumerate(text.splitlines(), 1):
        if MARKER in line:
            continue
        for found in _PATTERN.finditer(line):
            word = found.group()
            instead = next(
                each for known, each in INSTEAD.items() if re.fullmatch(known, word, re.IGNORECASE)
            )
            yield number, word, instead


def files(named: list[str]) -> Iterator[Path]:
    """Yield the files to look at: those named, or all that git knows or would add."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    if not named:
        found = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
        named = [each for each in found.stdout.split("\0") if each]
    for each in named:
        path = (ROOT / each).resolve()
        if path.is_file() and not any(fnmatch(path.relative_to(ROOT).as_posix(), known) for known in RIGHT):
            yield path


def main(named: list[str]) -> int:
    """Print what is found, and return how the process ends."""
    count = 0
    for path in files(named):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # no text, no words
        for number, word, instead in wrong(text):
            print(f"{path.relative_to(ROOT)}:{number}: {word}: write {instead}")
            count += 1
    if count:
        print(f"{count} words that this project does not use; where one is right, its line says `{MARKER}`")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
