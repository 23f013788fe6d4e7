"""What people and models have said of templates, as rows of a labelled file: one for each source and template."""

from collections.abc import Container, Iterable
from typing import Literal

import msgspec

from consumer.records.verdict import VerdictKey, VerdictValue
from pipeline.memory import ANY_SOURCE

Speaker = Literal["person", "model", "all"]


class SaidRow(msgspec.Struct, frozen=True):
    """A template and the label that it was given. ``source`` is empty where it holds for every source.

    ``who`` names the user or the model, ``at_ms`` says when.
    """

    source: str
    template: str
    label: str
    by: str
    who: str
    at_ms: int


def said_rows(
    verdicts: Iterable[tuple[VerdictKey, VerdictValue]], speaker: Speaker, labels: Container[str]
) -> tuple[list[SaidRow], int]:
    """Return what was said, by whom it is asked for, the oldest first; and how many have a label of none of ``labels``.

    As in the memory a person outranks a model, also with a word on every source. Of one rank the newest stands, under
    whatever taxonomy it was said.
    """
    newest: dict[tuple[str, str, str], VerdictValue] = {}
    for key, value in verdicts:
        place = (key.template, key.source, key.by)
        if place not in newest or newest[place].at_ms <= value.at_ms:
            newest[place] = value
    rows = []
    foreign = 0
    for (template, source, by), value in newest.items():
        outranked = by == "model" and any(
            (template, each, "person") in newest for each in (source, ANY_SOURCE)
        )
        if outranked or speaker not in (by, "all"):
            continue
        if value.label not in labels:
            foreign += 1
            continue
        of = "" if source == ANY_SOURCE else source
        rows.append(SaidRow(of, template, value.label, by, value.author, value.at_ms))
    return sorted(rows, key=lambda row: (row.at_ms, row.template, row.source)), foreign
