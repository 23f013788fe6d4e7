"""What a model is trained from: labelled messages, of the corpus or of a user's file."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import BinaryIO

import msgspec

from files.labelled import Reading, open_labelled, similar_labels
from files.notes import sentences
from pipeline.errors import PipelineError
from pipeline.masking import mask
from training.corpus import Template
from training.values import expand

MIN_TEMPLATES = 3
"""Distinct templates of a label without which it cannot be learnt and judged."""


class TrainingDataError(PipelineError):
    """The training data cannot be used as it is."""


class Row(msgspec.Struct, frozen=True):
    """One labelled template, the system that it comes from, and of which kind that is, where it is known."""

    label: str
    source: str
    template: str
    kind: str = ""


def rows_of_corpus(templates: Iterable[Template], seed: int) -> list[Row]:
    """Return the corpus as the service would see it: filled with values, and masked again."""
    random = Random(seed)  # noqa: S311 - nothing here is secret
    return distinct(Row(t.label, t.system, mask(expand(t.template, random)), t.kind) for t in templates)


def read_rows(stream: BinaryIO, name: str, reading: Reading, notes: Callable[[str], None]) -> list[Row]:
    """Return the distinct templates of a labelled file; ``notes`` gets a sentence for each thing odd in it.

    A row counts for as many lines as the column named for that says, else once.

    Raises:
        InputFileError: the file cannot be read, lacks a column, or has rows without message or label.
    """
    table, labelled = open_labelled(stream, name, reading, usual_lines=())
    votes = Counter[Row]()
    for each in labelled:
        votes[Row(each.label, each.source, mask(each.message.strip()))] += each.lines
    for sentence in sentences(table.notes):
        notes(f"{name}: {sentence}")
    for group in similar_labels(row.label for row in votes):
        notes(
            f"{name}: the labels {', '.join(map(repr, group))} differ only in case or spaces, and are learnt as "
            "different ones: give them one spelling if they mean the same"
        )
    return _most_voted(votes.items())


def distinct(rows: Iterable[Row]) -> list[Row]:
    """Return each template once, with the label most of its rows have (of equals, the first)."""
    return _most_voted((row, 1) for row in rows)


def _most_voted(rows: Iterable[tuple[Row, int]]) -> list[Row]:
    votes: dict[str, Counter[str]] = {}
    firsts: dict[str, Row] = {}
    for row, count in rows:
        votes.setdefault(row.template, Counter())[row.label] += count
        firsts.setdefault(row.template, row)
    return [
        msgspec.structs.replace(firsts[template], label=labels.most_common(1)[0][0])
        for template, labels in votes.items()
    ]


def check_enough(rows: Sequence[Row]) -> None:
    """Refuse data from which nothing can be learnt.

    Raises:
        TrainingDataError: there is one label only, or a label with too few distinct templates.
    """
    counts = Counter(row.label for row in rows)
    if len(counts) < 2:
        raise TrainingDataError(
            f"there is only the label {', '.join(counts) or '(none)'}: a classifier needs two or more"
        )
    few = [f"{label} ({count})" for label, count in counts.items() if count < MIN_TEMPLATES]
    if few:
        raise TrainingDataError(
            f"too few distinct templates, after masking, of: {', '.join(few)}; "
            f"each label needs {MIN_TEMPLATES} or more"
        )


def digest(rows: Sequence[Row]) -> str:
    """Return what tells one set of rows from another, whatever their order."""
    return hashlib.sha256(
        msgspec.json.encode(sorted((r.label, r.source, r.kind, r.template) for r in rows))
    ).hexdigest()
