"""What a model is trained from: labelled messages, of the corpus or of a user's CSV file."""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

import msgspec

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


def read_rows(path: Path) -> list[Row]:
    """Read a CSV file with the columns ``log_message``, ``target_label`` and, where there is one, ``source``.

    Raises:
        TrainingDataError: the file cannot be read as that, or has rows without message or label.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = {"log_message", "target_label"} - set(reader.fieldnames or ())
            if missing:
                found = ", ".join(reader.fieldnames or ["nothing"])
                raise TrainingDataError(
                    f"{path} has no column {' and no '.join(sorted(missing))}; found: {found}"
                )
            rows = []
            for cells in reader:
                message, label = (cells["log_message"] or "").strip(), (cells["target_label"] or "").strip()
                if not message or not label:
                    what = "label" if message else "message"
                    raise TrainingDataError(
                        f"{path}, line {reader.line_num}: there is no {what}; fill it in or drop the row"
                    )
                rows.append(Row(label, (cells.get("source") or "").strip(), mask(message)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingDataError(f"{path} cannot be read: {error}") from error
    return distinct(rows)


def distinct(rows: Iterable[Row]) -> list[Row]:
    """Return each template once, with the label most of its rows have (of equals, the first)."""
    votes: dict[str, Counter[str]] = {}
    firsts: dict[str, Row] = {}
    for row in rows:
        votes.setdefault(row.template, Counter())[row.label] += 1
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
