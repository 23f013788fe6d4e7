"""The corpus: labelled templates of named systems, read and checked."""

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from pipeline.bundle import BUILT_IN
from pipeline.errors import PipelineError
from training.values import KINDS, PLACEHOLDER

_WORDY = 8
_COLUMNS = ["label", "system", "template"]


class CorpusError(PipelineError):
    """The corpus is not sound; the message has one line for each problem, with file and line."""


_SHOWN = 20  # problems that an error names


class Template(msgspec.Struct, frozen=True):
    """A labelled template: ``template`` has placeholders in braces, ``system`` names what logs it.

    ``kind`` is the kind of system, after the first word of the file's name: ``phones``, ``hpc`` ...
    """

    label: str
    system: str
    template: str
    kind: str = ""


def corpus_directory() -> Path:
    """Return the directory of the corpus that is built in."""
    return BUILT_IN / "corpus"


def read_corpus(directory: Path | None = None, labels: Iterable[str] | None = None) -> list[Template]:
    """Read and check every CSV file of a corpus, in the order of their names.

    Raises:
        CorpusError: a file cannot be read, a label or placeholder is unknown, or two templates say the same.
            A minimal pair does not: two labels, and a number of the text (``exit code 0``) that differs.
    """
    directory = directory or corpus_directory()
    known_labels = frozenset(labels) if labels is not None else None
    templates: list[Template] = []
    problems: list[str] = []
    alike: dict[str, list[tuple[str, Template]]] = {}
    for path in sorted(directory.glob("*.csv")):
        for place, template in _rows(path, problems):
            problems += [f"{place}: {problem}" for problem in _problems(template, known_labels)]
            earlier = alike.setdefault(_sameness(template.template), [])
            clash = next((each for each in earlier if not _is_minimal_pair(each[1], template)), None)
            if clash:
                label = clash[1].label
                kind = "duplicates" if label == template.label else f"contradicts ({label})"
                problems.append(f"{place}: {kind} {clash[0]}: {template.template!r}")
            earlier.append((place, template))
            templates.append(template)
    if not templates and not problems:
        problems.append(f"{directory} holds no CSV file with templates")
    if problems:
        more = [f"and {len(problems) - _SHOWN:,} more"] if len(problems) > _SHOWN else []
        raise CorpusError("\n".join(problems[:_SHOWN] + more))
    return templates


def _rows(path: Path, problems: list[str]) -> list[tuple[str, Template]]:
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path.name} cannot be read: {error}")
        return []
    reader = csv.reader(io.StringIO(text, newline=""))
    if next(reader, None) != _COLUMNS:
        problems.append(f"{path.name}: the header must be {','.join(_COLUMNS)}")
        return []
    rows = []
    for cells in reader:
        place = f"{path.name}:{reader.line_num}"
        if len(cells) == len(_COLUMNS) and all(cells):
            label, system, template = cells
            rows.append((place, Template(label, system, template, kind=path.stem.split("_")[0])))
        else:
            problems.append(f"{place}: a row has a label, a system and a template")
    return rows


def _problems(template: Template, labels: frozenset[str] | None) -> list[str]:
    unknown = [name for name in placeholders(template.template) if name not in KINDS]
    problems = [f"there is no placeholder {{{name}}}" for name in unknown]
    if labels is not None and template.label not in labels:
        problems.append(f"{template.label!r} is not a label")
    return problems


def _is_minimal_pair(one: Template, other: Template) -> bool:
    """Return whether two templates that are the same, numbers apart, have two labels because of a number."""
    return one.label != other.label and _words(one.template) != _words(other.template)


def _words(template: str) -> str:
    return re.sub(r"[^\w#]+", " ", PLACEHOLDER.sub("#", template.lower())).strip()


def _sameness(template: str) -> str:
    """Return what two templates share when they differ only in values, case, punctuation or spaces."""
    words = re.sub(r"\d+", "#", _words(template))
    # With hardly a word in it, punctuation and placeholders are all there is to tell a fragment by.
    return words if sum(map(str.isalpha, words)) >= _WORDY else " ".join(template.lower().split())


def placeholders(template: str) -> list[str]:
    """Return the names of a template's placeholders, in order."""
    return PLACEHOLDER.findall(template)
